import { createRequire } from "node:module";
import { conditionStepLimit } from "../limits.ts";
import { expressionProblem, type Shape, shapeOf } from "./condition-shape.ts";

/** What a condition says of a predicate. Only `holds` passes; the other two are told apart for the denial. */
export type ConditionResult =
  | { readonly holds: true }
  | { readonly holds: false; readonly error?: undefined }
  | { readonly holds: false; readonly error: string };

export interface Condition {
  /** Evaluates it over one predicate. Never throws: what goes wrong is an `error`, and denies. */
  evaluate(predicate: unknown): ConditionResult;
}

type Cel = typeof import("@bufbuild/cel");

/** Loaded by the first condition: the evaluator takes longer to load than all the rest of mreg. */
let loaded: Cel | undefined;
function cel(): Cel {
  loaded ??= createRequire(import.meta.url)("@bufbuild/cel") as Cel;
  return loaded;
}

/** Policies are few and conditions are judged often; an entry is small. */
const compiled = new Map<string, Condition | string>();
const compiledLimit = 1_000;

/**
 * Compiles a CEL expression over `p`, the predicate of a verified statement.
 *
 * The result must be exactly `true`: the evaluator returns errors as objects, which are truthy. Its `matches` is RE2
 * and linear; patterns must be literals all the same, so that no evidence brings one.
 *
 * @returns the condition, or what is wrong with the expression.
 */
export function compileCondition(expression: string): Condition | string {
  const known = compiled.get(expression);
  if (known !== undefined) return known;
  const result = compile(expression);
  if (compiled.size >= compiledLimit) compiled.clear();
  compiled.set(expression, result);
  return result;
}

function compile(expression: string): Condition | string {
  const { celEnv, isCelError, parse, plan } = cel();
  try {
    const parsed = parse(expression);
    const shape = shapeOf(parsed.expr);
    const problem = expressionProblem(shape) ?? shape.patterns.map(patternProblem).find((one) => one !== undefined);
    if (problem) return problem;
    const run = plan(celEnv(), parsed);
    return {
      evaluate(predicate) {
        const steps = boundedSteps(shape, predicate);
        if (steps > conditionStepLimit) {
          return { holds: false, error: `it would take up to ${steps} steps, expected at most ${conditionStepLimit}` };
        }
        try {
          const value: unknown = run({ p: predicate as never });
          if (value === true) return { holds: true };
          if (value === false) return { holds: false };
          return {
            holds: false,
            error: isCelError(value) ? value.message : `the result is a ${typeof value}, expected a bool`,
          };
        } catch (error) {
          return { holds: false, error: error instanceof Error ? error.message : String(error) };
        }
      },
    };
  } catch (error) {
    return error instanceof Error ? firstLine(error.message) : String(error);
  }
}

function patternProblem(pattern: string): string | undefined {
  const { isCelError, run } = cel();
  const tried = run(`"".matches(${JSON.stringify(pattern)})`, {});
  return isCelError(tried) ? `the pattern ${JSON.stringify(pattern)} is not RE2: ${tried.message}` : undefined;
}

/** An upper bound, from the sizes of what is evaluated: every list as long as the longest, at every depth. */
function boundedSteps({ nodes, depth, growth }: Shape, predicate: unknown): number {
  const { longestList, longestText } = sizesOf(predicate);
  return nodes * (longestList * growth) ** depth * Math.ceil((longestText * growth) / 1_000);
}

function sizesOf(value: unknown): { readonly longestList: number; readonly longestText: number } {
  let longestList = 1;
  let longestText = 1;
  const open: unknown[] = [value];
  for (let one = open.pop(); one !== undefined || open.length > 0; one = open.pop()) {
    if (typeof one === "string") longestText = Math.max(longestText, one.length);
    if (typeof one !== "object" || one === null) continue;
    const entries = Array.isArray(one) ? one : Object.values(one);
    longestList = Math.max(longestList, entries.length);
    for (const entry of entries) open.push(entry);
  }
  return { longestList, longestText };
}

function firstLine(message: string): string {
  return (message.split("\n")[0] ?? message).slice(0, 300);
}
