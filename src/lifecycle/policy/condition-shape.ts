type ParsedExpr = ReturnType<typeof import("@bufbuild/cel").parse>;
type Expr = NonNullable<ParsedExpr["expr"]>;

/** What an expression is made of, as far as its cost and its inputs go. */
export interface Shape {
  readonly nodes: number;
  /** Comprehensions within comprehensions. */
  readonly depth: number;
  readonly comprehensions: number;
  /** How much longer than its inputs a value can become: each comprehension may double what `+` joins. */
  readonly growth: number;
  /** Names that the expression takes from outside. */
  readonly free: readonly string[];
  /** Literal patterns of `matches`. */
  readonly patterns: readonly string[];
  /** A pattern that is no literal. */
  readonly hasComputedPattern: boolean;
}

/** Nested loops that a reviewer can still follow; each multiplies the cost by the longest list. */
const depthLimit = 3;
const comprehensionLimit = 8;
const patternLimitCharacters = 200;

/** Names that are types and no input. */
const typeNames = ["bool", "bytes", "double", "int", "list", "map", "null_type", "string", "type", "uint"];

/** Says why an expression must not be in a policy. */
export function expressionProblem(shape: Shape): string | undefined {
  const strange = shape.free.filter((name) => name !== "p" && !typeNames.includes(name));
  if (strange.length > 0) return `unknown ${strange.join(", ")}, expected p, which is the statement's predicate`;
  if (shape.hasComputedPattern) return "the pattern of matches is computed, expected a literal";
  const long = shape.patterns.find((pattern) => pattern.length > patternLimitCharacters);
  if (long !== undefined) return `a pattern has ${long.length} characters, expected at most ${patternLimitCharacters}`;
  if (shape.depth > depthLimit) return `${shape.depth} loops within loops, expected at most ${depthLimit}`;
  if (shape.comprehensions > comprehensionLimit) {
    return `${shape.comprehensions} loops, expected at most ${comprehensionLimit}`;
  }
  return undefined;
}

/** Measures an expression. */
export function shapeOf(expression: Expr | undefined): Shape {
  const walker = new Walker();
  walker.visit(expression, 0, ["@result"]);
  const { comprehensions, depth, joins, nodes } = walker;
  return {
    ...{ nodes, depth, comprehensions, growth: 2 ** Math.min(comprehensions, joins) + joins },
    free: [...walker.free],
    patterns: walker.patterns,
    hasComputedPattern: walker.hasComputedPattern,
  };
}

class Walker {
  nodes = 0;
  depth = 0;
  comprehensions = 0;
  joins = 0;
  hasComputedPattern = false;
  readonly free = new Set<string>();
  readonly patterns: string[] = [];

  visit(expression: Expr | undefined, depth: number, bound: readonly string[]): void {
    if (!expression) return;
    this.nodes++;
    this.depth = Math.max(this.depth, depth);
    const { exprKind: kind } = expression;
    switch (kind.case) {
      case "identExpr":
        if (!bound.includes(kind.value.name)) this.free.add(kind.value.name);
        return;
      case "selectExpr":
        this.visit(kind.value.operand, depth, bound);
        return;
      case "callExpr": {
        const { args, function: name, target } = kind.value;
        if (name === "matches") this.#pattern(args.at(-1));
        if (name === "_+_") this.joins++;
        for (const part of [target, ...args]) this.visit(part, depth, bound);
        return;
      }
      case "listExpr":
        for (const element of kind.value.elements) this.visit(element, depth, bound);
        return;
      case "structExpr":
        for (const { keyKind, value } of kind.value.entries) {
          if (keyKind.case === "mapKey") this.visit(keyKind.value, depth, bound);
          this.visit(value, depth, bound);
        }
        return;
      case "comprehensionExpr": {
        const { accuInit, accuVar, iterRange, iterVar, iterVar2, loopCondition, loopStep, result } = kind.value;
        this.comprehensions++;
        const inside = [...bound, accuVar, iterVar, iterVar2];
        for (const part of [iterRange, accuInit]) this.visit(part, depth, bound);
        for (const part of [loopCondition, loopStep, result]) this.visit(part, depth + 1, inside);
        return;
      }
      case "constExpr":
      case undefined:
    }
  }

  #pattern(argument: Expr | undefined): void {
    const kind = argument?.exprKind;
    if (kind?.case === "constExpr" && kind.value.constantKind.case === "stringValue") {
      this.patterns.push(kind.value.constantKind.value);
    } else this.hasComputedPattern = true;
  }
}
