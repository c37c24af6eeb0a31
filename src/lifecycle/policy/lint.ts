import { isMregError } from "../../base/errors.ts";
import { findWeakenings } from "./invariant.ts";
import { locate, locateIn, type PlacedIn, type Position } from "./locate.ts";
import type { PolicyProblem } from "./problem.ts";
import { readPolicyFile } from "./read-file.ts";
import type { ApprovalRule, PolicyFile, TransitionRule } from "./schema.ts";
import { readYaml } from "./yaml.ts";

export interface LintFinding extends Pick<PolicyProblem, "path" | "message">, Position {
  /** An error makes the policy unusable; a warning is something that its author hardly meant. */
  readonly level: "error" | "warning";
  /** Of the text that it stands in. */
  readonly file: string;
}

/** What a policy's text is found under, and what it says. */
export interface NamedText {
  /** A path, or `registry/name@sha256:…`. */
  readonly name: string;
  readonly yaml: string;
}

/**
 * Lists what is wrong with a policy file, and what is allowed but strange, each with its place: in the text, or in that
 * of a policy it extends.
 *
 * @param bases - what it extends, nearest first.
 * @param now - dates that are over are strange.
 */
export function lintPolicy(
  own: NamedText,
  { bases = [], now }: { readonly bases?: readonly NamedText[]; readonly now: Date },
): readonly LintFinding[] {
  const all = [own, ...bases];
  const texts = all.map(({ yaml }) => yaml);
  const finding = (problem: PolicyProblem, level: LintFinding["level"], place: PlacedIn): LintFinding => {
    const { line, column } = place;
    const { path, message } = problem;
    return { path, message, level, file: all[place.level]?.name ?? own.name, line, column };
  };
  for (const text of all) {
    const broken = unreadable(text);
    if (broken) return [broken];
  }
  const { file, problems } = readPolicyFile(own.yaml, texts.slice(1));
  if (!file || problems.length > 0) {
    return problems.map((problem) => {
      const { level = 0 } = problem.base ?? {};
      return finding(problem, "error", { ...locate(texts[level] ?? own.yaml, problem.path), level });
    });
  }
  return [...weakened(file), ...unreachable(file), ...cannotPass(file), ...unused(file), ...dates(file, now)].map(
    (problem) => finding(problem, "warning", locateIn(texts, file, problem.path)),
  );
}

/** The finding about a text that is no YAML at all. */
function unreadable({ name, yaml }: NamedText): LintFinding | undefined {
  try {
    readYaml(yaml);
    return undefined;
  } catch (error) {
    if (!isMregError(error)) throw error;
    const [, line = "1", column = "1"] = /at line (\d+), column (\d+)/.exec(error.message) ?? [];
    const place = { file: name, line: Number(line), column: Number(column) };
    return { path: "(top)", message: error.message, level: "error", ...place };
  }
}

function weakened(file: PolicyFile): readonly PolicyProblem[] {
  return findWeakenings(file).map(({ text }) => ({ path: "weakens", message: `the invariant is weakened: ${text}` }));
}

/** States that no way leads to from the first one, and so the moves out of them. */
function unreachable(file: PolicyFile): readonly PolicyProblem[] {
  const reached = new Set(Object.entries(file.states).flatMap(([name, { initial }]) => (initial ? [name] : [])));
  for (let size = 0; size !== reached.size; ) {
    size = reached.size;
    for (const { from, to } of file.transitions) if (reached.has(from)) reached.add(to);
  }
  const states = Object.keys(file.states).filter((name) => !reached.has(name));
  return [
    ...states.map((name) => ({ path: `states.${name}`, message: "no move leads here" })),
    ...file.transitions.flatMap(({ from, to }, at) =>
      reached.has(from)
        ? []
        : [{ path: `transitions.${at}`, message: `${from} is never reached, so ${from} → ${to} never happens` }],
    ),
  ];
}

/** Demands that nobody can meet, since too few people have the roles. */
function cannotPass(file: PolicyFile): readonly PolicyProblem[] {
  const rules = Object.entries(file.evidence).flatMap(([name, rule]) => {
    const roles = rule.signedBy ?? Object.keys(file.roles);
    const isRequired = file.transitions.some((move) => requiredBy(move).includes(name));
    if (!isRequired || personsIn(file, roles).length > 0) return [];
    return [{ path: `evidence.${name}.signedBy`, message: `cannot pass: nobody is ${roles.join(" or ")}` }];
  });
  const moves = file.transitions.flatMap((move, at) => {
    const path = `transitions.${at}`;
    const nobody = personsIn(file, move.authorize.roles).length === 0;
    return [
      ...(nobody
        ? [{ path: `${path}.authorize`, message: `cannot pass: nobody is ${move.authorize.roles.join(" or ")}` }]
        : []),
      ...approvalProblems(file, `${path}.approvals`, move.approvals, move),
      ...move.tiers.flatMap((tier, index) =>
        approvalProblems(file, `${path}.tiers.${index}.approvals`, tier.approvals, move),
      ),
    ];
  });
  return [...rules, ...moves];
}

function approvalProblems(
  file: PolicyFile,
  path: string,
  approvals: ApprovalRule | undefined,
  { authorize }: TransitionRule,
): readonly PolicyProblem[] {
  if (!approvals) return [];
  const persons = personsIn(file, approvals.roles);
  const roles = approvals.roles.join(" or ");
  if (persons.length < approvals.count) {
    return [{ path, message: `cannot pass: ${approvals.count} of ${roles} must approve, and ${persons.length} can` }];
  }
  const absent = (approvals.each ?? []).filter((role) => personsIn(file, [role]).length === 0);
  if (absent.length > 0) return [{ path: `${path}.each`, message: `cannot pass: nobody is ${absent.join(" or ")}` }];
  if (!approvals.distinctFrom.includes("requester")) return [];
  const askers = personsIn(file, authorize.roles);
  const possible = askers.some((asker) => persons.filter((person) => person !== asker).length >= approvals.count);
  if (askers.length === 0 || possible) return [];
  return [{ path, message: `cannot pass: whoever asks may not approve, and too few others are ${roles}` }];
}

/** Roles and rules that nothing uses: perhaps a name was changed in one place only. */
function unused(file: PolicyFile): readonly PolicyProblem[] {
  const required = new Set(file.transitions.flatMap(requiredBy));
  const evals = Object.values(file.evidence).flatMap((rule) => ("noOverlapWith" in rule ? [rule.noOverlapWith] : []));
  const usedRoles = new Set([
    ...Object.values(file.evidence).flatMap((rule) => [
      ...(rule.signedBy ?? []),
      ...("preRegistered" in rule ? (rule.preRegistered?.signedBy ?? []) : []),
    ]),
    ...file.transitions.flatMap(({ authorize, approvals, tiers }) => [
      ...authorize.roles,
      ...(approvals?.roles ?? []),
      ...tiers.flatMap((tier) => tier.approvals?.roles ?? []),
    ]),
    ...(file.exceptions?.signedBy ?? []),
  ]);
  return [
    ...Object.entries(file.roles).flatMap(([role, names]) =>
      names.length === 0 && usedRoles.has(role) ? [{ path: `roles.${role}`, message: "nobody has this role" }] : [],
    ),
    ...Object.keys(file.evidence).flatMap((name) =>
      required.has(name) || evals.includes(name)
        ? []
        : [{ path: `evidence.${name}`, message: "no move requires this rule" }],
    ),
  ];
}

function dates(file: PolicyFile, now: Date): readonly PolicyProblem[] {
  const isOver = (time: string): boolean => Date.parse(time) <= now.getTime();
  // A delegation that has ended is no finding: what was signed while it lasted stays valid by it.
  return Object.entries(file.evidence).flatMap(([name, rule]) => {
    if (!("rotation" in rule) || !rule.rotation) return [];
    const versions = Object.values(rule.rotation.versions);
    if (versions.some(({ from, until }) => isOver(from) && !isOver(until))) return [];
    return [{ path: `evidence.${name}.rotation`, message: "cannot pass: no version of the suite counts now" }];
  });
}

function requiredBy({ requires, tiers }: TransitionRule): readonly string[] {
  return [...requires, ...tiers.flatMap((tier) => tier.requires)];
}

function personsIn(file: PolicyFile, roles: readonly string[]): readonly string[] {
  const names = [
    ...roles.flatMap((role) => (Object.hasOwn(file.roles, role) ? (file.roles[role] ?? []) : [])),
    ...file.delegations.flatMap(({ to, role }) => (roles.includes(role) ? [to] : [])),
  ];
  return [...new Set(names.map((name) => file.identities[name]?.person ?? name))];
}
