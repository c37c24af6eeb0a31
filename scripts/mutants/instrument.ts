import ts from "typescript";

/** One way to break a file. */
export interface Mutant {
  /** Counts from 1; 0 is the file as it is. */
  readonly id: number;
  readonly file: string;
  readonly line: number;
  /** The line it stands in, trimmed. */
  readonly text: string;
  /** What is written there, and what takes its place. */
  readonly change: string;
  /** Evaluated while the module loads, so that it takes a process of its own. */
  readonly isStatic: boolean;
}

/** What takes an operator's place. */
const operators: ReadonlyMap<ts.SyntaxKind, string> = new Map([
  [ts.SyntaxKind.EqualsEqualsEqualsToken, "!=="],
  [ts.SyntaxKind.ExclamationEqualsEqualsToken, "==="],
  [ts.SyntaxKind.LessThanToken, "<="],
  [ts.SyntaxKind.LessThanEqualsToken, "<"],
  [ts.SyntaxKind.GreaterThanToken, ">="],
  [ts.SyntaxKind.GreaterThanEqualsToken, ">"],
  [ts.SyntaxKind.AmpersandAmpersandToken, "||"],
  [ts.SyntaxKind.BarBarToken, "&&"],
  [ts.SyntaxKind.MinusToken, "+"],
]);

const methods: ReadonlyMap<string, string> = new Map([
  ["some", "every"],
  ["every", "some"],
]);

/** Methods that choose by a function: without it they choose all, or the first. */
const choosers: ReadonlySet<string> = new Set(["filter", "find", "findLast"]);

/** Part of the text that is written differently. */
interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/**
 * Compiles every mutant of a file into its text; `globalThis.isMutant(id)` chooses one at run time.
 *
 * A mutant's own text has no mutants in it, since only one is switched on at a time.
 */
export function instrument(
  file: string,
  source: string,
): { readonly text: string; readonly mutants: readonly Mutant[] } {
  const tree = ts.createSourceFile(file, source, ts.ScriptTarget.ESNext, true);
  const lines = source.split("\n");
  const mutants: Mutant[] = [];
  const plain = (node: ts.Node) => node.getText(tree);

  function add(node: ts.Node, was: string, becomes: string): string {
    const line = tree.getLineAndCharacterOfPosition(node.getStart(tree)).line;
    const change = `${was} → ${becomes}`.replaceAll(/\s+/g, " ");
    const id = mutants.length + 1;
    mutants.push({ id, file, line: line + 1, text: lines[line]?.trim() ?? "", change, isStatic: !isInFunction(node) });
    return `globalThis.isMutant(${id})`;
  }

  /** The text of a node with the mutants of everything in it. */
  function render(node: ts.Node): string {
    const edits: Edit[] = [];
    node.forEachChild(function visit(child): void {
      const text = ts.isTypeNode(child) || isDeclarationOnly(child) ? plain(child) : replaced(child);
      if (text !== plain(child)) edits.push({ start: child.getStart(tree), end: child.getEnd(), text });
    });
    return applied(edits, { start: node.getStart(tree), end: node.getEnd() });
  }

  function applied(edits: readonly Edit[], { start, end }: { start: number; end: number }): string {
    let text = "";
    let at = start;
    for (const edit of edits) {
      text += source.slice(at, edit.start) + edit.text;
      at = edit.end;
    }
    return text + source.slice(at, end);
  }

  function replaced(node: ts.Node): string {
    const variants = variantsOf(node).map(([was, becomes, text]) => `${add(node, was, becomes)} ? ${text} : `);
    const inner = ts.isIdentifier(node) ? renderMethod(node) : render(node);
    return variants.length === 0 ? inner : wrapped(node, variants.join(""), inner);
  }

  /** In computed form, so that a chain of `?.` stays one chain. */
  function renderMethod(node: ts.Identifier): string {
    const access = node.parent;
    const other = methods.get(node.text);
    if (!other || !ts.isPropertyAccessExpression(access) || access.name !== node) return plain(node);
    if (!ts.isCallExpression(access.parent) || access.parent.expression !== access) return plain(node);
    return `[${add(node, `.${node.text}(`, `.${other}(`)} ? "${other}" : "${node.text}"]`;
  }

  return { text: withComputedMethods(render(tree)), mutants };
}

type Variant = readonly [was: string, becomes: string, text: string];

/** Everything that an expression or statement may become instead. */
function variantsOf(node: ts.Node): readonly Variant[] {
  const text = node.getText();
  const brief = text.length > 80 ? `${text.slice(0, 77)}…` : text;
  const condition = conditionVariants(node, brief);
  if (ts.isBinaryExpression(node)) {
    // Whatever notices that a condition always holds, and that it never does, notices its contrary.
    return [...(condition.length > 0 && isEquality(node) ? [] : binaryVariants(node)), ...condition];
  }
  if (ts.isPrefixUnaryExpression(node) && node.operator === ts.SyntaxKind.ExclamationToken) {
    const operand = node.operand.getText();
    return condition.length > 0 ? condition : [[brief, operand, `(${operand})`]];
  }
  if (ts.isExpressionStatement(node) && !node.expression.getText().startsWith("super(")) {
    return [[brief, "nothing", "undefined"]];
  }
  if (isChooser(node)) return [[brief, "all", "(() => true)"]];
  if (ts.isSpreadElement(node.parent) && ts.isArrayLiteralExpression(node.parent.parent)) {
    return [[`...${brief}`, "nothing", "[]"]];
  }
  return condition;
}

function isEquality({ operatorToken: { kind } }: ts.BinaryExpression): boolean {
  return kind === ts.SyntaxKind.EqualsEqualsEqualsToken || kind === ts.SyntaxKind.ExclamationEqualsEqualsToken;
}

function binaryVariants(node: ts.BinaryExpression): readonly Variant[] {
  const [left, right] = [node.left.getText(), node.right.getText()];
  const { kind } = node.operatorToken;
  if (kind === ts.SyntaxKind.QuestionQuestionToken) {
    return [
      [`${left} ?? ${right}`, right, `(${right})`],
      [`${left} ?? ${right}`, left, `(${left})`],
    ];
  }
  const other = operators.get(kind);
  if (other === undefined) return [];
  const was = `${left} ${node.operatorToken.getText()} ${right}`;
  return [[was, `${left} ${other} ${right}`, `(${left} ${other} ${right})`]];
}

/** A condition that always holds, and one that never does. */
function conditionVariants(node: ts.Node, text: string): readonly Variant[] {
  const { parent } = node;
  const never: Variant = [`if ${text}`, "if false", "false"];
  if (ts.isWhileStatement(parent) && parent.expression === node) return [never];
  const isCondition =
    (ts.isIfStatement(parent) && parent.expression === node) ||
    (ts.isConditionalExpression(parent) && parent.condition === node);
  return isCondition ? [[`if ${text}`, "if true", "true"], never] : [];
}

/** Tells whether a node is what `filter` or `find` chooses by. */
function isChooser(node: ts.Node): boolean {
  const call = node.parent;
  return (
    ts.isCallExpression(call) &&
    call.arguments[0] === node &&
    ts.isPropertyAccessExpression(call.expression) &&
    choosers.has(call.expression.name.text)
  );
}

function wrapped(node: ts.Node, variants: string, inner: string): string {
  if (!ts.isExpressionStatement(node)) return `(${variants}(${inner}))`;
  return `(${variants}(${inner.replace(/;$/, "")}));`;
}

/** `.` before a bracket is no JavaScript, `?.` is. */
function withComputedMethods(text: string): string {
  return text.replaceAll(/(\??)\.(\s*)\[globalThis\.isMutant/g, (_all, optional: string, space: string) =>
    optional === "?" ? `?.${space}[globalThis.isMutant` : `${space}[globalThis.isMutant`,
  );
}

function isDeclarationOnly(node: ts.Node): boolean {
  return ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node) || ts.isImportDeclaration(node);
}

function isInFunction(node: ts.Node): boolean {
  for (let at: ts.Node | undefined = node.parent; at; at = at.parent) {
    if (ts.isFunctionLike(at)) return true;
  }
  return false;
}
