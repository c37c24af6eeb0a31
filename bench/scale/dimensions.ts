import { mkdirSync } from "node:fs";
import { readChain } from "../../src/lifecycle/chain/read.ts";
import { reconcileTags } from "../../src/lifecycle/moves/reconcile.ts";
import { LayoutRegistry } from "../../src/stores/layout/index.ts";
import { type Cast, predicates, typeOf } from "../../test/support/lifecycle.ts";
import { lengthenChain, openWorld, pushVersions } from "./model-world.ts";
import type { Cost, Place } from "./place.ts";

/** An operation's name as the table shows it, and one run of it; runs have numbers, since some must differ. */
export type Operations = Readonly<Record<string, (run: number) => Promise<Cost>>>;

/** Something that grows. */
export interface Dimension {
  readonly name: "files" | "versions" | "referrers" | "chain" | "models";
  /** A small case, and 10, 100 and 1000 times that. */
  readonly sizes: readonly [number, number, number, number];
  /** Brings a place to one size. */
  prepare(place: Place, cast: Cast, size: number): Promise<Operations>;
}

export const dimensions: readonly Dimension[] = [
  { name: "files", sizes: [10, 100, 1_000, 10_000], prepare: prepareFiles },
  { name: "versions", sizes: [1, 10, 100, 1_000], prepare: prepareVersions },
  { name: "referrers", sizes: [1, 10, 100, 1_000], prepare: prepareReferrers },
  { name: "chain", sizes: [5, 50, 500, 5_000], prepare: prepareChain },
  { name: "models", sizes: [1, 10, 100, 1_000], prepare: prepareModels },
];

/** Files of 1 KiB in one model, beside each other; no weights, which are never gathered in archives. */
async function prepareFiles(place: Place, _cast: Cast, size: number): Promise<Operations> {
  mkdirSync(place.path("model"));
  for (let at = 0; at < size; at++) place.write(`model/part-${at}.txt`, `${at} `.repeat(1024).slice(0, 1024));
  return {
    "push (first)": async (run) => place.mreg(`push first-${run} model`),
    "push (unchanged)": async (run) => place.mreg(`push first-${run} model`),
    pull: async (run) => place.mreg(`pull first-1:v1 -o out-${run}`),
    "pull (there already)": async (run) => place.mreg(`pull first-1:v1 -o out-${run}`),
    inspect: () => place.mreg("inspect first-1:v1"),
    "push to a layout": (run) => place.mreg(`push first model`, `oci:${place.path(`store-${run}`)}`),
  };
}

/** Versions of one model; each has one file of 1 KB. */
async function prepareVersions(place: Place, cast: Cast, size: number): Promise<Operations> {
  const { repository } = openWorld(place, cast);
  await pushVersions(repository, size);
  place.write("weights.bin", "weights");
  const layout = new LayoutRegistry({ root: place.path("store") });
  await pushVersions(layout.repository("risk"), size);
  return {
    "list risk": () => place.mreg("list risk"),
    "status risk": () => place.mreg("status risk --policy policy.yaml"),
    "push (next version)": async (run) => {
      place.write("weights.bin", `weights ${run}`);
      return place.mreg("push risk weights.bin");
    },
    "pull v1": (run) => place.mreg(`pull risk:v1 -o out-${run}`),
    "list risk, on a layout": () => place.mreg("list risk", `oci:${place.path("store")}`),
    "push (next version), to a layout": async (run) => {
      place.write("weights.bin", `weights ${run}`);
      return place.mreg("push risk weights.bin", `oci:${place.path("store")}`);
    },
  };
}

/** Signed statements attached to one version. */
async function prepareReferrers(place: Place, cast: Cast, size: number): Promise<Operations> {
  const world = openWorld(place, cast);
  const target = await pushVersions(world.repository, 1);
  for (let at = 0; at < size; at++) await world.state(target, typeOf.signature, predicates.signature());
  return {
    graph: () => place.mreg("graph risk:v1"),
    "verify (key)": () => place.mreg("verify risk:v1 --key alice.pub"),
    "pull v1": (run) => place.mreg(`pull risk:v1 -o out-${run}`),
    "attach one more": () => place.run(() => world.state(target, typeOf.card, predicates.card())),
  };
}

/** Records in the history of one model. */
async function prepareChain(place: Place, cast: Cast, size: number): Promise<Operations> {
  const world = openWorld(place, cast);
  const target = await world.release(1);
  await lengthenChain(world, await world.release(2, [target.digest]), size);
  await reconcileTags(world.repository, await readChain(world.repository, world.policy));
  const rollback = once(() => place.run(() => world.promote(target, "production", "mike", { kind: "rollback" })));
  return {
    "status risk, for the first time": async () => {
      place.forgetHeads();
      return place.mreg("status risk --policy policy.yaml");
    },
    "status risk": () => place.mreg("status risk --policy policy.yaml"),
    "log risk": () => place.mreg("log risk --policy policy.yaml"),
    "promote (a rollback), for the first time": rollback,
    "resolve risk@production": () => place.mreg("resolve risk@production --policy policy.yaml"),
    "pull v1": (run) => place.mreg(`pull risk:v1 -o out-${run}`),
  };
}

/** Models in one registry, of one version each. */
async function prepareModels(place: Place, cast: Cast, size: number): Promise<Operations> {
  for (let at = 0; at < size; at++) {
    const { repository } = openWorld(place, cast, `model-${at}`);
    await pushVersions(repository, 1);
  }
  return {
    list: () => place.mreg("list"),
    status: () => place.mreg("status --policy policy.yaml"),
    "status of one": () => place.mreg("status model-0 --policy policy.yaml"),
  };
}

/** What can be done once only: later runs give the cost of the first. */
function once(work: () => Promise<Cost>): () => Promise<Cost> {
  let cost: Promise<Cost> | undefined;
  return () => {
    cost ??= work();
    return cost;
  };
}
