import { expect, test } from "vitest";
import { PolicyFile } from "../schema.ts";
import { findLoosenings } from "./policy-checks.ts";

const move = { from: "staging", to: "production", authorize: { roles: ["mlops"] } };
const file = (parts: object): PolicyFile =>
  PolicyFile.parse({
    ...{ apiVersion: "mreg/v1", kind: "LifecyclePolicy", metadata: { name: "models", version: 1 } },
    ...{ identities: {}, roles: {}, states: {}, evidence: {}, transitions: [move], ...parts },
  });

const lent = { from: "lea", to: "mike", role: "lead", until: "2027-01-01T00:00:00Z", ticket: "X-1" };
const exceptions = { signedBy: ["owner"], gates: ["scan"], maxDuration: "7d" };
const [october, november] = ["2026-10-01T00:00:00Z", "2026-11-01T00:00:00Z"];
const effective = (effectiveOn: object) => ({ enforcement: { effectiveOn } });
const naming = (rule: object) => ({ naming: rule });
const witnessed = (rule: object = {}) => ({ witnesses: { times: 1, ...rule } });

/** What is said of the parts of a base and those of an extension; nothing where they are no looser. */
test.each<readonly [base: object, child: object, says: readonly string[]]>([
  [{ roles: { lead: ["lea"] } }, { roles: { lead: ["lea", "lou"] } }, ["roles.lead: adds lou"]],
  [{ roles: { lead: ["lea"] } }, { roles: {} }, []],
  [{ roles: { constructor: ["lea"] } }, { roles: {} }, []],
  [{ roles: {} }, { roles: { constructor: ["lea"] } }, ["roles.constructor: is a role that the base has not"]],

  [{ delegations: [lent] }, { delegations: [lent] }, []],
  [{ delegations: [lent] }, {}, []],
  [
    { delegations: [lent] },
    { delegations: [lent, { ...lent, to: "norman" }] },
    ["delegations: lends lead to norman, the base does not"],
  ],

  [{ states: { shadow: { serve: "shadow" } } }, {}, []],
  [{ evidence: { runbook: { document: "runbook" } } }, {}, []],
  [{}, { evidence: { runbook: { document: "runbook" } } }, []],

  [{ exceptions }, {}, []],
  [{ exceptions }, { exceptions }, []],
  [{}, { exceptions }, ["exceptions: are allowed, the base allows none"]],

  [naming({ owners: ["risk"] }), naming({ owners: ["risk"], models: ["*"] }), []],
  [naming({ models: ["ml/*", "x"] }), naming({ models: ["ml/a*", "x"] }), []],
  [naming({ models: ["ml/*", "x"] }), naming({ models: ["y", "z*"] }), ["naming: models adds y, z*"]],
  [naming({ models: ["ml/*"] }), naming({ owners: ["risk"] }), ["naming: models adds any name"]],
  [naming({ models: ["ml/*"] }), {}, ["naming: is dropped"]],

  [effective({ scan: october }), effective({ scan: october }), []],
  [effective({ scan: november }), effective({ scan: october }), []],
  [effective({ scan: november }), {}, []],
  [
    effective({ scan: october }),
    effective({ scan: november }),
    [`enforcement: effectiveOn scan is in force from ${november} on, later than in the base`],
  ],
  [
    {},
    effective({ constructor: november }),
    [`enforcement: effectiveOn constructor is in force from ${november} on, later than in the base`],
  ],

  [witnessed(), witnessed(), []],
  [witnessed({ since: october }), witnessed({ since: october }), []],
  [witnessed({ since: november }), witnessed({ since: october }), []],
  [witnessed({ since: october }), witnessed(), []],
  [
    witnessed({ since: october }),
    witnessed({ since: november }),
    [`witnesses: since is ${november}, the base has ${october}`],
  ],
  [witnessed(), witnessed({ since: november }), [`witnesses: since is ${november}, the base has none`]],
])("policy checks: %j may become %j unless it says %j", (base, child, says) => {
  const problems = findLoosenings(file(base), file(child));
  expect(problems.map(({ path, message }) => `${path}: ${message}`)).toEqual(says);
});
