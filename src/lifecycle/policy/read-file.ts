import type { z } from "zod";
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
 * Reads a policy file, laid over the one that it extends.
 *
 * @throws {@link LifecycleError} `POLICY_INVALID` when either text is no YAML at all.
 */
export function readPolicyFile(yaml: string, base?: string): PolicyReading {
  const raw = readYaml(yaml);
  const named = extendedName(raw);
  if (base === undefined) {
    if (named === undefined) return readFile(raw);
    return { problems: [{ path: "metadata.extends", message: `extends ${named}, which was not given` }] };
  }
  if (named === undefined)
    return { problems: [{ path: "metadata.extends", message: "names no base, but one was given" }] };
  const rawBase = readYaml(base);
  if (extendedName(rawBase) !== undefined) {
    return {
      problems: [
        { path: "metadata.extends", message: `${named} extends another policy, expected one that stands alone` },
      ],
    };
  }
  const reading = readFile(rawBase);
  if (!reading.file || reading.problems.length > 0) {
    return { problems: reading.problems.map(({ path, message }) => ({ path: `(base) ${path}`, message })) };
  }
  const extended = readFile(overlay(rawBase, raw));
  if (!extended.file) return extended;
  return { file: extended.file, problems: [...extended.problems, ...findLoosenings(reading.file, extended.file)] };
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

/** The invariant may be dropped only by naming exactly what is dropped (lifecycle.md, "States and gates"). */
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
