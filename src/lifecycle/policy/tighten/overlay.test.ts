import { expect, test } from "vitest";
import { isSameMove, overlay, single } from "./overlay.ts";

const up = { from: "staging", to: "production" };
const back = { from: "production", to: "production", kind: "rollback" };
const moves = (...transitions: readonly unknown[]) => ({ transitions });

test.each<readonly [what: string, base: unknown, child: unknown, expected: unknown]>([
  ["what is no policy over one", { a: 1 }, "b", "b"],
  ["a list over one", { a: 1 }, [1], [1]],
  ["nothing over one", { a: 1 }, null, null],
  ["one over what is none", "a", { b: 1 }, { b: 1 }],
  ["one over nothing", null, { b: 1 }, { b: 1 }],

  ["entry by entry", { a: { b: 1, c: 1 }, d: 1 }, { a: { c: 2 }, e: 2 }, { a: { b: 1, c: 2 }, d: 1, e: 2 }],
  ["lists as a whole", { a: [1, 2] }, { a: [3] }, { a: [3] }],
  ["a list in place of a map", { a: { 0: 1, b: 2 } }, { a: [3] }, { a: [3] }],
  ["a map in place of a list", { a: [1] }, { a: { b: 2 } }, { a: { b: 2 } }],
  ["nothing in place of a map", { a: { b: 1 } }, { a: null }, { a: null }],
  ["a map in place of nothing", { a: null }, { a: { b: 1 } }, { a: { b: 1 } }],
  ["a name that every object has", {}, { constructor: { a: 1 } }, { constructor: { a: 1 } }],

  ["the base's metadata", { metadata: { name: "a" } }, {}, { metadata: { name: "a" } }],
  ["its own metadata in full", { metadata: { name: "a", replaces: ["x"] } }, { metadata: {} }, { metadata: {} }],
  ["metadata that are none", { metadata: { name: "a" } }, { metadata: "b" }, { metadata: "b" }],

  ["the base's moves", moves(up), {}, moves(up)],
  ["moves where the base has none", {}, moves(up), moves(up)],
  ["moves over what is none", { transitions: "a" }, moves(up), moves(up)],
  ["what is none over moves", moves(up), { transitions: "a" }, { transitions: "a" }],
  [
    "a move entry by entry",
    moves({ ...up, a: { b: 1 } }),
    moves({ ...up, a: { c: 2 } }),
    moves({ ...up, a: { b: 1, c: 2 } }),
  ],
  ["a move twice", moves(up), moves({ ...up, a: 1 }, { ...up, b: 2 }), moves({ ...up, a: 1, b: 2 })],
  ["another move", moves(up), moves(back), moves(up, back)],
  ["one of two moves", moves(up, back), moves({ ...back, a: 1 }), moves(up, { ...back, a: 1 })],
  ["something that is no move", moves(up), moves("a"), moves(up, "a")],
  ["a move over something that is none", moves("a"), moves(up), moves("a", up)],
  [
    "one of the states that a move is from",
    moves({ from: ["a", "b"], to: "c" }),
    moves({ from: "b", to: "c", d: 1 }),
    moves({ from: "a", to: "c" }, { from: "b", to: "c", d: 1 }),
  ],
])("overlay: lays %s", (_what, base, ...[child, expected]) => {
  expect(overlay(base, child)).toEqual(expected);
});

test.each([
  [up, { ...up }, true],
  [up, { ...up, kind: "promote" }, true],
  [up, { ...up, from: "a" }, false],
  [up, { ...up, to: "a" }, false],
  [up, { ...up, kind: "rollback" }, false],
  [{ ...up, kind: "rollback" }, { ...up, kind: "rollback", a: 1 }, true],
  [up, "a", false],
  ["a", up, false],
  ["a", "a", false],
  [null, null, false],
  [up, null, false],
  [{}, "a", false],
])("overlay: that %j and %j are one move is %s", (one, other, expected) => {
  expect(isSameMove(one, other)).toBe(expected);
});

test("overlay: a move from several states is one from each", () => {
  expect(single({ from: ["a", "b"], to: "c" })).toEqual([
    { from: "a", to: "c" },
    { from: "b", to: "c" },
  ]);
  for (const one of [up, "a", null, { to: "c" }]) expect(single(one)).toEqual([one]);
});
