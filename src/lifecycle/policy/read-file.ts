import type { z } from "zod";
import { policyBaseLimit } from "../limits.ts";
import { findWeakenings } from "./invariant.ts";
import type { PolicyProblem } from "./problem.ts";
import { findBrokenReferences } from "./references.ts";
import { PolicyFile } from "./schema.ts";
import { overlay } from "./tighten/overlay.ts";
import { findLoosenings } from "./tighten/policy-checks.ts";
import { readYaml } from "./yaml.ts";

/** What a file says, and everything that is wrong with it. A file with problems is for reports only. */
export interface PolicyReading {
  /** Absent when not even the schema holds. */
  readonly file?: PolicyFile;
  readonly problems: readonly PolicyProblem[];
}

/**
 * Reads a policy file, laid over those that it extends, from the ground up: each is compared with all below it, so that
 * it tightens what those say together.
 *
 * @param bases - the texts that it extends, nearest first: the one that it names, the one that that one names, …
 * @throws {@link LifecycleError} `POLICY_INVALID` when a text is no YAML at all.
 */
export function readPolicyFile(yaml: string, bases: readonly string[] = []): PolicyReading {
  const raws = [yaml, ...bases].map(readYaml);
  const gap = findGap(raws);
  if (gap) return { problems: [gap] };
  let below: { readonly raw: unknown; readonly file: PolicyFile } | undefined;
  for (let level = raws.length - 1; level > 0; level--) {
    const raw = below ? overlay(below.raw, raws[level]) : raws[level];
    const { file, problems } = readOver(below?.file, raw);
    if (!file || problems.length > 0)
      return { problems: problems.map((problem) => ({ ...problem, ...baseAt(raws, level) })) };
    below = { raw, file };
  }
  return readOver(below?.file, below ? overlay(below.raw, raws[0]) : raws[0]);
}

/** Each text names the next one, and the last one none. */
function findGap(raws: readonly unknown[]): PolicyProblem | undefined {
  const path = "metadata.extends";
  if (raws.length - 1 > policyBaseLimit) {
    return { path, message: `extends ${raws.length - 1} policies, expected at most ${policyBaseLimit}` };
  }
  for (const [level, raw] of raws.entries()) {
    const named = extendedName(raw);
    const isGiven = level + 1 < raws.length;
    if (named !== undefined && !isGiven)
      return { path, message: `extends ${named}, which was not given`, ...baseAt(raws, level) };
    if (named === undefined && isGiven)
      return { path, message: "names no base, but one was given", ...baseAt(raws, level) };
  }
  return undefined;
}

/** A base by what the text above it calls it. */
function baseAt(raws: readonly unknown[], level: number): Pick<PolicyProblem, "base"> {
  return level === 0 ? {} : { base: { level, name: extendedName(raws[level - 1]) ?? "" } };
}

function readOver(base: PolicyFile | undefined, raw: unknown): PolicyReading {
  const { file, problems } = readFile(raw);
  if (!file || !base) return { problems, ...(file ? { file } : {}) };
  return { file, problems: [...problems, ...findLoosenings(base, file)] };
}

/** The base that a file names: a path, or `name@sha256:…`. */
export function extendedName(raw: unknown): string | undefined {
  const { metadata } = (raw ?? {}) as { readonly metadata?: { readonly extends?: unknown } };
  return typeof metadata?.extends === "string" ? metadata.extends : undefined;
}

function readFile(raw: unknown): PolicyReading {
  const parsed = PolicyFile.safeParse(raw);
  if (!parsed.success) return { problems: parsed.error.issues.flatMap((issue) => describeIssue(issue, [])) };
  const file = parsed.data;
  const broken = findBrokenReferences(file);
  return { file, problems: broken.length > 0 ? broken : findUnsaidWeakenings(file) };
}

/** The invariant may be dropped only by naming exactly what is dropped (docs/lifecycle.md, "States and gates"). */
function findUnsaidWeakenings(file: PolicyFile): readonly PolicyProblem[] {
  const weakenings = findWeakenings(file);
  const dropped = new Set(weakenings.map(({ demand }) => demand));
  const unsaid = weakenings.filter(({ demand }) => !file.weakens.includes(demand));
  const untrue = file.weakens.filter((demand) => !dropped.has(demand));
  return [
    ...unsaid.map(({ demand, text }) => ({
      path: "weakens",
      message: `${text}; a policy that means it says weakens: [${demand}]`,
    })),
    ...untrue.map((demand) => ({ path: "weakens", message: `names ${demand}, but nothing drops that demand` })),
  ];
}

/** One line per problem; in a union, the problems of the branch that was meant. */
function describeIssue(issue: z.core.$ZodIssue, parent: readonly PropertyKey[]): PolicyProblem[] {
  const path = [...parent, ...issue.path];
  if (issue.code === "invalid_union" && issue.errors.length > 0) {
    const [withPredicate = [], documents = []] = issue.errors;
    const meant = documents.some(isUnknownPredicate) ? withPredicate : documents;
    return meant.flatMap((inner) => describeIssue(inner, path));
  }
  if (issue.code === "invalid_key") {
    return issue.issues.map(({ message }) => ({ path: path.map(String).join("."), message: `as a name: ${message}` }));
  }
  return [{ path: path.map(String).join(".") || "(top)", message: issue.message }];
}

/** The only union is that of evidence rules: those with a `predicate`, and documents, to which that key is unknown. */
function isUnknownPredicate(issue: z.core.$ZodIssue): boolean {
  return issue.code === "unrecognized_keys" && issue.keys.includes("predicate");
}
