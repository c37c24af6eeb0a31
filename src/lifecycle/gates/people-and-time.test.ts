import { describe, expect, test } from "vitest";
import { predicates } from "../../../test/support/lifecycle.ts";
import { all, edit } from "../../../test/support/policy-edits.ts";
import { type Draft, failures, item, put, situationOf } from "../../../test/support/situation.ts";
import { decide } from "../decision/decide.ts";

/** Leads evaluated the version and the champion; lea approves. */
const evaluatedBy = (version: "lea" | "lou", champion: "lea" | "lou") =>
  all(
    edit("environment: [offline]\n    signedBy: [data-scientist, ci]", "environment: [offline]\n    signedBy: [lead]"),
    (d) => {
      put(d, "eval", { by: version });
      d.champion?.items.splice(0, 1, item("eval", predicates.eval("0.90"), champion, "champion eval"));
    },
  );

/** One change of a passing situation, and exactly what it must break. */
const cases: readonly (readonly [what: string, change: (parts: Draft) => void, expected: readonly string[]])[] = [
  ["soaking", (d) => (d.entered = { staging: "2026-11-19T12:00:01Z" }), ["soak MREG-E401"]],
  ["soaked to the second", (d) => (d.entered = { staging: "2026-11-19T12:00:00Z" }), []],
  ["never in staging", (d) => (d.entered = {}), ["soak MREG-E401"]],

  ["requester without the role", (d) => (d.requester = "alice"), ["authorize MREG-E301"]],
  ["requester unknown to the policy", (d) => (d.requester = "mallory"), ["authorize MREG-E301"]],

  ["no approval", (d) => (d.approvals = []), ["approvals MREG-E310"]],
  ["approval without the role", (d) => (d.approvals = [{ by: "olga" }]), ["approvals MREG-E310"]],
  ["approval by the pusher with her second key", (d) => (d.approvals = [{ by: "alice2" }]), ["approvals MREG-E310"]],
  ["a second, good approval beside a bad one", (d) => (d.approvals = [{ by: "alice2" }, { by: "lou" }]), []],
  ["approval by the evaluator", evaluatedBy("lea", "lou"), ["approvals MREG-E310"]],
  ["approval by the champion's evaluator counts", evaluatedBy("lou", "lea"), []],
  [
    "approval by the requester",
    (d) => {
      d.requester = "lea";
      d.yaml = (yaml) =>
        yaml.replace(
          "scan, canary, rollback, runbook]\n    authorize: {roles: [mlops, ci]}",
          "scan, canary, rollback, runbook]\n    authorize: {roles: [lead]}",
        );
    },
    ["approvals MREG-E310"],
  ],
  [
    "two keys of one person are one approval",
    (d) => {
      d.approvals = [{ by: "lea" }, { by: "lea" }];
      d.yaml = (yaml) => yaml.replace("approvals: {count: 1, roles: [lead]", "approvals: {count: 2, roles: [lead]");
    },
    ["approvals MREG-E310"],
  ],
  [
    "two persons are two approvals",
    (d) => {
      d.approvals = [{ by: "lea" }, { by: "lou" }];
      d.yaml = (yaml) => yaml.replace("approvals: {count: 1, roles: [lead]", "approvals: {count: 2, roles: [lead]");
    },
    [],
  ],
  ...(
    [
      ["model", { model: "ml/other" }],
      ["version", { version: "v1" }],
      ["from", { from: "experimental" }],
      ["to", { to: "staging" }],
      ["policy", { policy: { digest: { sha256: "00".repeat(32) } } }],
      ["chain head", { chainHead: null }],
      ["evidence", { evidenceSet: { sha256: "00".repeat(32) } }],
      ["expiry", { expiresAt: "2026-11-20T12:00:00Z" }],
      ["age", { approvedAt: "2026-11-17T11:59:59Z" }],
      ["future", { approvedAt: "2026-11-20T12:06:00Z" }],
    ] as const
  ).map(
    ([what, change]) =>
      [
        `approval bound to another ${what}`,
        (d: Draft) => (d.approvals = [{ by: "lea", change }]),
        ["approvals MREG-E310"],
      ] as const,
  ),

  [
    "rollback to what is served",
    (d) =>
      Object.assign(d, {
        to: "production",
        kind: "rollback",
        state: "production",
        served: [{ version: 2, state: "production" }],
      }),
    ["previously-in-state MREG-E402"],
  ],
  [
    "rollback to what was never served",
    (d) => Object.assign(d, { kind: "rollback", state: "production" }),
    ["previously-in-state MREG-E402"],
  ],
  [
    "rollback to what was served",
    (d) =>
      Object.assign(d, {
        ...{ kind: "rollback", state: "production" },
        served: [
          { version: 2, state: "production" },
          { version: 1, state: "production" },
        ],
      }),
    [],
  ],
  [
    "retirement of what is served, without anything",
    (d) =>
      Object.assign(d, {
        to: "retired",
        state: "production",
        approvals: [],
        served: [{ version: 2, state: "production" }],
      }),
    ["replacement-in-production MREG-E403", "sunset MREG-E404", "migration MREG-E101", "approvals MREG-E310"],
  ],
  [
    "retirement with a sunset that is over",
    (d) => {
      Object.assign(d, { to: "retired", state: "production", situation: { sunset: "2026-11-20T11:00:00Z" } });
      d.approvals = [{ by: "olga", change: { from: "production", to: "retired" } }];
      d.items.push(item("document", predicates.document("migration-path"), "mike", "migration"));
      d.approvals = [];
    },
    ["sunset MREG-E404", "approvals MREG-E310"],
  ],
  [
    "retirement with a sunset that is no time",
    (d) => {
      Object.assign(d, { to: "retired", state: "production", approvals: [], situation: { sunset: "soon" } });
      d.items.push(item("document", predicates.document("migration-path"), "mike", "migration"));
    },
    ["sunset MREG-E404", "approvals MREG-E310"],
  ],
  [
    "archiving before the sunset, with consumers",
    (d) => {
      Object.assign(d, { to: "archived", state: "retired", entered: { sunset: "2026-11-20T12:00:01Z" } });
      d.items.push(item("consumers", predicates.consumers("checkout"), "mike"));
    },
    ["sunset-expired MREG-E405", "unused MREG-E406"],
  ],
  [
    "archiving without a sunset, and an old statement of who uses it",
    (d) => {
      Object.assign(d, { to: "archived", state: "retired", entered: {} });
      d.items.push(item("consumers", { observedAt: "2026-11-10T00:00:00Z", consumers: [] }, "mike"));
    },
    ["sunset-expired MREG-E404", "unused MREG-E103"],
  ],
  [
    "archiving in order",
    (d) => {
      Object.assign(d, { to: "archived", state: "retired", entered: { sunset: "2026-11-20T12:00:00Z" } });
      d.items.push(item("consumers", predicates.consumers(), "olga"));
    },
    [],
  ],
];

describe("gates of people and time", () => {
  test.each(cases)("gates of people and time: %s", (_what, change, expected) => {
    const decision = decide(situationOf(change));
    expect(failures(decision)).toEqual(expected);
    expect(decision.allowed).toBe(expected.length === 0);
  });
});
