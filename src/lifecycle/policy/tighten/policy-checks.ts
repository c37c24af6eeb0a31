import { matchesGlob } from "../../gates/naming.ts";
import type { PolicyProblem } from "../problem.ts";
import type { EnforcementRule, ExceptionRule, NamingRule, PolicyFile, WitnessRule } from "../schema.ts";
import { atLeast, type Check, type Checks, nested, same, shorter, within } from "./check.ts";
import { compareEvidence } from "./evidence-checks.ts";
import { compareState, compareTransition } from "./transition-checks.ts";

type Section<Field extends keyof PolicyFile> = (
  base: PolicyFile[Field],
  child: PolicyFile[Field],
) => readonly PolicyProblem[];

/** One comparison for each part of a policy file; a part without one does not compile. */
const sections: { readonly [Field in keyof Required<PolicyFile>]: Section<Field> } = {
  apiVersion: () => [],
  kind: () => [],
  // Whose rules they are is said by name and version; what they demand is all below.
  metadata: () => [],
  // An identity is harmless until it has a role; one that the base has must stay the same key and the same person.
  identities: (base, child) => changed("identities", base, child),
  // A new role would make its members people with a role, whose plain signatures and documents count.
  roles: (base, child) => [
    ...added("roles", "role", base, child),
    ...Object.entries(base).flatMap(([role, names]) => roleProblems(role, names, own(child, role) ?? [])),
  ],
  delegations: (base, child) => {
    const added = child.filter((one) => !base.some((other) => same(other, one) === undefined));
    return added.map(({ to, role }) => ({ path: "delegations", message: `lends ${role} to ${to}, the base does not` }));
  },
  naming: (base, child) => whole("naming", nested(namingChecks)(base, child)),
  states: (base, child) => [
    ...added("states", "state", base, child),
    ...Object.entries(base).flatMap(([name, rule]) => {
      const mine = own(child, name);
      return mine ? compareState(`states.${name}`, rule, mine) : [];
    }),
  ],
  // A rule that the base does not have can only be one more demand, wherever it is required.
  evidence: (base, child) =>
    Object.entries(base).flatMap(([name, rule]) => {
      const mine = own(child, name);
      return mine ? compareEvidence(`evidence.${name}`, rule, mine) : [];
    }),
  transitions: (base, child) =>
    child.flatMap((rule) => {
      const move = `transitions (${rule.from} → ${rule.to}, ${rule.kind})`;
      const mine = base.find(({ from, to, kind }) => from === rule.from && to === rule.to && kind === rule.kind);
      return mine ? compareTransition(move, mine, rule) : [{ path: move, message: "is a move that the base has not" }];
    }),
  enforcement: (base = nothingWaived, child = nothingWaived) =>
    whole("enforcement", nested(enforcementChecks)(base, child)),
  exceptions: (base, child) => {
    if (child === undefined) return [];
    if (base === undefined) return [{ path: "exceptions", message: "are allowed, the base allows none" }];
    return whole("exceptions", nested(exceptionChecks)(base, child));
  },
  witnesses: (base, child) => whole("witnesses", nested(witnessChecks)(base, child)),
  weakens: (base, child) => whole("weakens", within(base, child)),
};

/** Says in which fields a policy is looser than the one it extends; none when it only tightens. */
export function findLoosenings(base: PolicyFile, child: PolicyFile): readonly PolicyProblem[] {
  return (Object.keys(sections) as (keyof PolicyFile)[]).flatMap((field) =>
    (sections[field] as Section<typeof field>)(base[field] as never, child[field] as never),
  );
}

/** A pattern of the child is covered when the base matches it as it stands: its own stars can only narrow. */
const models: Check<NamingRule["models"]> = (base, child) => {
  if (base === undefined) return undefined;
  const more = child?.filter((glob) => !base.some((one) => matchesGlob(glob, one))) ?? ["any name"];
  return more.length > 0 ? `adds ${more.join(", ")}` : undefined;
};
const namingChecks: Checks<NamingRule> = { models, owners: within };

const nothingWaived: EnforcementRule = { audit: [], effectiveOn: {} };
const enforcementChecks: Checks<EnforcementRule> = {
  audit: within,
  effectiveOn: (base, child) => {
    const later = Object.entries(child).find(([gate, date]) => {
      const sooner = own(base, gate);
      return sooner === undefined || Date.parse(date) > Date.parse(sooner);
    });
    return later && `${later[0]} is in force from ${later[1]} on, later than in the base`;
  },
};

const exceptionChecks: Checks<ExceptionRule> = {
  signedBy: within,
  gates: within,
  maxDuration: shorter,
};

/** An earlier date leaves fewer records out, and none leaves none. */
const since: Check<string | undefined> = (base, child) => {
  if (child === undefined || (base !== undefined && Date.parse(child) <= Date.parse(base))) return undefined;
  return `is ${child}, the base has ${base ?? "none"}`;
};
const witnessChecks: Checks<WitnessRule> = { times: atLeast, logs: atLeast, maxDifference: shorter, since };

/** A role that is empty in the base is an opening: the base says what it may, the extension who has it. */
function roleProblems(role: string, base: readonly string[], child: readonly string[]): PolicyProblem[] {
  if (base.length === 0) return [];
  const more = child.filter((name) => !base.includes(name));
  return more.length > 0 ? [{ path: `roles.${role}`, message: `adds ${more.join(", ")}` }] : [];
}

function changed<Value>(path: string, base: Record<string, Value>, child: Record<string, Value>): PolicyProblem[] {
  return Object.entries(base).flatMap(([name, value]) =>
    same(value, own(child, name)) === undefined
      ? []
      : [{ path: `${path}.${name}`, message: "is not what the base has" }],
  );
}

function added(path: string, what: string, base: object, child: object): PolicyProblem[] {
  const more = Object.keys(child).filter((name) => !Object.hasOwn(base, name));
  return more.map((name) => ({ path: `${path}.${name}`, message: `is a ${what} that the base has not` }));
}

function whole(path: string, looser: string | undefined): PolicyProblem[] {
  return looser === undefined ? [] : [{ path, message: looser }];
}

function own<Value>(record: Record<string, Value>, name: string): Value | undefined {
  return Object.hasOwn(record, name) ? record[name] : undefined;
}
