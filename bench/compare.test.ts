import { expect, test } from "vitest";
import type { Bench } from "./bench.ts";
import { compare, type Entry } from "./compare.ts";

const bench: Bench = {
  quick: false,
  directory: "/nowhere",
  home: "/nowhere",
  yardstick: "/nowhere/yardstick",
  programs: {},
  certificates: { caFile: "", certificate: "", key: "" },
  log: () => {},
  close: async () => {},
};

/** A contender that writes its name down when it runs. */
function runner(name: string, ran: string[], around: { check?: () => Promise<void> } = {}): Entry {
  const run = async () => void ran.push(name);
  return { name, role: "peer", make: async () => ({ command: { what: name, run }, ...around }) };
}

test("every round has every contender once, every second one backwards; warm-ups do not count", async () => {
  const ran: string[] = [];
  const entries = ["a", "b", "c"].map((name) => runner(name, ran));
  const outcomes = await compare(bench, entries, { rounds: 2, warmUps: 1 });
  expect(ran.join("")).toBe("cbaabccba");
  expect(outcomes.map(({ samples }) => samples.length)).toEqual([2, 2, 2]);
});

test("who delivers the wrong bytes is not timed and leaves with the reason, the others go on", async () => {
  const ran: string[] = [];
  const wrong = async () => {
    throw new Error("1 of 2 files did not arrive");
  };
  const entries = [runner("good", ran), runner("bad", ran, { check: wrong })];
  const [good, bad] = await compare(bench, entries, { rounds: 3, warmUps: 0 });
  expect(good?.samples.length).toBe(3);
  expect(bad).toMatchObject({ samples: [], failure: "1 of 2 files did not arrive" });
  expect(ran.filter((name) => name === "bad").length).toBe(1);
});

test("a program that cannot be made is a failure with its reason", async () => {
  const missing: Entry = {
    name: "kit",
    role: "peer",
    make: async () => {
      throw new Error("v1.10.0 cannot be built");
    },
  };
  const [outcome] = await compare(bench, [missing], { rounds: 1 });
  expect(outcome).toEqual({ name: "kit", role: "peer", samples: [], failure: "v1.10.0 cannot be built" });
});
