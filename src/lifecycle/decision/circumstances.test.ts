import { expect, test } from "vitest";
import { attachedAt, situationOf } from "../../../test/support/situation.ts";
import { digestOf } from "../../base/digest.ts";
import type { ModelState, OpenBreakGlass, SlotState, VersionState } from "../chain/fold.ts";
import type { TransitionRule } from "../policy/schema.ts";
import { type Circumstances, circumstanceGates } from "./circumstances.ts";
import type { Situation } from "./situation.ts";

const base = situationOf(() => {});

interface Move {
  readonly rule?: Partial<TransitionRule>;
  readonly circumstances?: Circumstances;
  readonly state?: (state: ModelState) => Partial<ModelState>;
}

const situation = ({ rule, circumstances, state }: Move): Situation => ({
  ...base,
  rule: { ...base.rule, ...rule },
  state: { ...base.state, ...state?.(base.state) },
  ...(circumstances ? { circumstances } : {}),
});

const version = (number: number, change: Partial<VersionState>) => (state: ModelState) => {
  const known = state.versions.get(number);
  if (!known) throw new Error(`no version ${number}`);
  return { versions: new Map(state.versions).set(number, { ...known, ...change }) };
};

/** Version 2 moves at noon of 20 November 2026; version 1 serves. */
const gatesOf = (move: Move) =>
  circumstanceGates(situation(move)).map(({ gate, code, passed }) => (passed ? gate : `${gate} ${code}`));

const saying = (circumstances?: Circumstances, kind: TransitionRule["kind"] = "revoke"): Move => ({
  rule: { kind, to: "revoked" },
  ...(circumstances ? { circumstances } : {}),
});
const reason = "key stolen";

test.each<readonly [what: string, move: Move, expected: readonly string[]]>([
  ["a promotion needs none", {}, []],
  ["missing", saying(), ["reason MREG-E407"]],
  ["empty", saying({ reason: "" }), ["reason MREG-E407"]],
  ["blank", saying({ reason: " \n" }), ["reason MREG-E407"]],
  ["given", saying({ reason }), ["reason"]],
  ["of 2,000 characters", saying({ reason: "x".repeat(2_000) }), ["reason"]],
  ["of 2,001 characters", saying({ reason: "x".repeat(2_001) }), ["reason MREG-E407"]],
  ["with the time of the loss", saying({ reason, compromisedSince: attachedAt }), ["reason"]],
  ["with a time that is none", saying({ reason, compromisedSince: "lately" }), ["reason MREG-E407"]],
  ...(["revoke", "break-glass", "follow-up", "hold", "release"] as const).map(
    (kind) => [`missing for ${kind}`, { rule: { kind, from: "x", to: "x" } }, ["reason MREG-E407"]] as const,
  ),
])("circumstances: reason: %s", (_what, move, expected) => {
  expect(gatesOf(move).filter((gate) => gate.startsWith("reason"))).toEqual(expected);
});

const emergency = (change: Circumstances, rule: Partial<TransitionRule> = { maxDuration: "4h" }): Move => ({
  rule: { kind: "break-glass", ...rule },
  circumstances: { reason, incident: "INC-7", expiresAt: "2026-11-20T16:00:00Z", ...change },
});

const inThreeDays = { maxDuration: "4h", followUpWithin: "72h" };

test.each<readonly [what: string, move: Move, expected: readonly string[]]>([
  ["a promotion is none", { circumstances: { incident: "" } }, []],
  ["for as long as it may be", emergency({}), ["break-glass"]],
  ["for a second too long", emergency({ expiresAt: "2026-11-20T16:00:01Z" }), ["break-glass MREG-E408"]],
  ["over already", emergency({ expiresAt: "2026-11-20T12:00:00Z" }), ["break-glass MREG-E408"]],
  ["that ends at no time", emergency({ expiresAt: "soon" }), ["break-glass MREG-E408"]],
  ["without end", emergency({ expiresAt: "" }), ["break-glass MREG-E408"]],
  ["without incident", emergency({ incident: "" }), ["break-glass MREG-E408"]],
  ["with a blank incident", emergency({ incident: " " }), ["break-glass MREG-E408"]],
  ["with an incident of 200 characters", emergency({ incident: "x".repeat(200) }), ["break-glass"]],
  ["with an incident of 201 characters", emergency({ incident: "x".repeat(201) }), ["break-glass MREG-E408"]],
  ["under a rule without a length", emergency({}, {}), ["break-glass MREG-E408"]],
  ["followed up in time", emergency({ followUpBy: "2026-11-23T12:00:00Z" }, inThreeDays), ["break-glass"]],
  ["followed up too late", emergency({ followUpBy: "2026-11-23T12:00:01Z" }, inThreeDays), ["break-glass MREG-E408"]],
  ["followed up at no time", emergency({ followUpBy: "later" }, inThreeDays), ["break-glass MREG-E408"]],
  [
    "followed up under a rule that asks for none",
    emergency({ followUpBy: "2026-11-20T12:00:01Z" }),
    ["break-glass MREG-E408"],
  ],
  ["that says nothing", { rule: { kind: "break-glass", maxDuration: "4h" } }, ["break-glass MREG-E408"]],
])("circumstances: emergency: %s", (_what, move, expected) => {
  expect(gatesOf(move).filter((gate) => gate.startsWith("break-glass"))).toEqual(expected);
});

test("circumstances: an emergency without incident or end says what is missing", () => {
  const said = (move: Move) =>
    circumstanceGates(situation(move)).find(({ gate, passed }) => gate === "break-glass" && !passed);
  expect(said(emergency({ incident: "" }, {}))).toMatchObject({
    reason: "the request names no incident",
    fix: "--break-glass --incident <id> --expires 24h",
  });
  expect(said(emergency({ expiresAt: "" }))).toMatchObject({
    reason: "ends never, expected at most 4h from now",
    fix: "--break-glass --incident <id> --expires 4h",
  });
  expect(said(emergency({ expiresAt: "soon" }))?.reason).toBe("ends at soon, expected at most 4h from now");
});

const held = version(2, {
  hold: {
    record: { recordedAt: "2026-11-18T00:00:00Z" },
    signer: { person: "olga@example.com" },
  } as unknown as NonNullable<VersionState["hold"]>,
});
const archive: Partial<TransitionRule> = { kind: "archive", from: "retired", to: "archived" };

test.each<readonly [what: string, move: Move, expected: readonly string[]]>([
  ["archiving what nobody holds", { rule: archive }, ["legal-hold"]],
  ["archiving what is held", { rule: archive, state: held }, ["legal-hold MREG-E409"]],
  [
    "archiving what is held, into a state that is not terminal",
    { rule: { ...archive, to: "staging" }, state: held },
    ["legal-hold MREG-E409"],
  ],
  [
    "another move into a terminal state",
    { rule: { kind: "retire", to: "archived" }, state: held },
    ["legal-hold MREG-E409"],
  ],
  ["another move into another state", { rule: { kind: "retire", to: "retired" }, state: held }, []],
  ["a revocation", { rule: { kind: "revoke", to: "revoked" }, state: held }, []],
  ["staying where it is", { rule: { kind: "release", from: "archived", to: "archived" }, state: held }, []],
  ["a version without a record", { rule: archive, state: () => ({ versions: new Map() }) }, ["legal-hold"]],
])("circumstances: legal hold: %s", (_what, move, expected) => {
  expect(gatesOf(move).filter((gate) => gate.startsWith("legal-hold"))).toEqual(expected);
});

const open = (...followUpBy: string[]) => ({
  openBreakGlass: followUpBy.map(
    (by) => ({ version: 1, facts: { incident: "INC-7", followUpBy: by } }) as unknown as OpenBreakGlass,
  ),
});
const due = "2026-11-20T12:00:00Z";
const later = "2026-11-20T12:00:01Z";

test.each<readonly [what: string, move: Move, expected: readonly string[]]>([
  ["none is open", {}, []],
  ["open until later", { state: () => open(later) }, []],
  ["due now", { state: () => open(due) }, ["follow-up MREG-E410"]],
  ["one of two is due", { state: () => open(later, due) }, ["follow-up MREG-E410"]],
  ["a slot is given", { rule: { kind: "assign" }, state: () => open(due) }, ["follow-up MREG-E410"]],
  ["another emergency", { rule: { kind: "break-glass" }, state: () => open(due) }, ["follow-up MREG-E410"]],
  ["a rollback does not wait", { rule: { kind: "rollback" }, state: () => open(due) }, []],
  ["a move to staging does not wait", { rule: { to: "staging" }, state: () => open(due) }, []],
])("circumstances: follow-up: %s", (_what, move, expected) => {
  expect(gatesOf(move).filter((gate) => gate.startsWith("follow-up"))).toEqual(expected);
});

const retiring = (successor?: number): Move => ({
  rule: { kind: "retire", from: "production", to: "retired" },
  ...(successor === undefined ? {} : { circumstances: { successor } }),
});

test.each<readonly [what: string, move: Move, expected: readonly string[]]>([
  ["none is named", retiring(), []],
  ["what is served", retiring(1), ["successor"]],
  ["the version itself", { ...retiring(2), state: version(2, { state: "production" }) }, ["successor MREG-E411"]],
  ["what is not served", { ...retiring(1), state: version(1, { state: "staging" }) }, ["successor MREG-E411"]],
  ["what has no record", retiring(7), ["successor MREG-E411"]],
  ["another kind of move names none", { circumstances: { successor: 7 } }, []],
])("circumstances: successor: %s", (_what, move, expected) => {
  expect(gatesOf(move).filter((gate) => gate.startsWith("successor"))).toEqual(expected);
});

test("circumstances: an unfit successor says where it is", () => {
  const said = (move: Move) => circumstanceGates(situation(move)).find(({ gate }) => gate === "successor")?.reason;
  expect(said(retiring(2))).toBe("v2 is the version itself, expected another version in production");
  expect(said(retiring(7))).toBe("v7 is in no record, expected another version in production");
  expect(said({ ...retiring(1), state: version(1, { state: "retired" }) })).toContain("v1 is in retired");
});

const slots =
  (...taken: (readonly [slot: string, version: number, weight?: number])[]) =>
  () => ({
    slots: new Map(
      taken.map(([slot, number, weight]) => [
        slot,
        { slot, version: number, digest: digestOf(slot), ...(weight === undefined ? {} : { weight }) } as SlotState,
      ]),
    ),
  });
const assign = (circumstances: Circumstances, state?: Move["state"]): Move => ({
  rule: { kind: "assign", from: "production", to: "production" },
  circumstances,
  ...(state ? { state } : {}),
});

test.each<readonly [what: string, move: Move, expected: readonly string[]]>([
  ["a promotion without one", {}, []],
  ["a promotion into one", { circumstances: { slot: "green" } }, ["slot"]],
  ["a promotion with a weight", { circumstances: { weight: 5 } }, ["slot MREG-E412"]],
  ["of another state", { rule: { to: "staging" }, circumstances: { slot: "green" } }, ["slot MREG-E412"]],
  ["the main one", assign({}), ["slot"]],
  ["the main one with a weight", assign({ weight: 10 }), ["slot MREG-E412"]],
  ["one without a weight", assign({ slot: "green" }), ["slot"]],
  ["one whose name is none", assign({ slot: "Green!" }), ["slot MREG-E412"]],
  ["all that there is", assign({ slot: "canary", weight: 100 }), ["slot"]],
  ["more than there is", assign({ slot: "canary", weight: 101 }), ["slot MREG-E412"]],
  ["less than nothing", assign({ slot: "canary", weight: -1 }), ["slot MREG-E412"]],
  ["part of a percent", assign({ slot: "canary", weight: 0.5 }), ["slot MREG-E412"]],
  ["what others leave", assign({ slot: "canary", weight: 40 }, slots(["green", 1, 60])), ["slot"]],
  ["more than others leave", assign({ slot: "canary", weight: 41 }, slots(["green", 1, 60])), ["slot MREG-E412"]],
  ["another weight in its own", assign({ slot: "canary", weight: 90 }, slots(["canary", 2, 60])), ["slot"]],
  ["no weight where others take all", assign({ slot: "canary" }, slots(["green", 1, 100])), ["slot"]],
  ["emptied", assign({ slot: "canary", weight: 0 }, slots(["canary", 2, 60])), ["slot"]],
  ["emptied of another version", assign({ slot: "canary", weight: 0 }, slots(["canary", 1, 60])), ["slot MREG-E412"]],
  ["emptied where nothing is", assign({ slot: "canary", weight: 0 }), ["slot MREG-E412"]],
  [
    "emptied by a promotion",
    { circumstances: { slot: "canary", weight: 0 }, state: slots(["canary", 2, 60]) },
    ["slot MREG-E412"],
  ],
])("circumstances: slot: %s", (_what, move, expected) => {
  expect(gatesOf(move).filter((gate) => gate.startsWith("slot"))).toEqual(expected);
});

test("circumstances: a hold, an open follow-up and a slot say what they found", () => {
  const said = (move: Move) => circumstanceGates(situation(move)).map(({ reason: text }) => text);
  expect(said({ rule: archive, state: held })).toEqual([
    "held since 2026-11-18T00:00:00Z by olga@example.com: no reason given",
  ]);
  expect(said({ state: () => open(due) })).toEqual([
    `v1 came by break-glass (INC-7) and was to be followed up by ${due}`,
  ]);
  const lifted = { ...held(base.state).versions.get(2), notLifted: "signed by hand" } as VersionState;
  expect(said({ rule: archive, state: version(2, lifted) })[0]).toMatch(
    /: no reason given; what lifts it does not count: signed by hand$/,
  );
  const [one] = open(due).openBreakGlass;
  expect(
    said({ state: () => ({ openBreakGlass: [{ ...one, notFollowedUp: "by the wrong role" } as OpenBreakGlass] }) }),
  ).toEqual([
    expect.stringMatching(/followed up by .*Z; the follow-up that there is does not count: by the wrong role$/),
  ]);
  expect(said(assign({ slot: "green" }))).toEqual(["green"]);
  expect(said(assign({ slot: "green", weight: 5 }))).toEqual(["green, 5 %"]);
  expect(said({ rule: { kind: "hold" } })).toEqual(["a hold says why in 1 to 2,000 characters, found 0"]);
});
