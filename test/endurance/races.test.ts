import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, onTestFinished, test } from "vitest";
import { LayoutRegistry } from "../../src/stores/layout/index.ts";
import { RemoteRegistry } from "../../src/stores/remote/index.ts";
import { type Cast, newCast } from "../support/lifecycle.ts";
import { racePromoters, raceRegistrations } from "../support/races.ts";
import type { RegistryOptions } from "../support/registry/options.ts";
import { startRegistry } from "../support/registry/server.ts";

const rounds = 200;
/** Rounds on one model: each reads the whole history sixteen times, so that 200 on one would take hours. */
const roundsPerModel = 10;
const timeout = 1_800_000;

let cast: Cast;
beforeAll(async () => {
  cast = await newCast();
});

async function layout() {
  const root = await mkdtemp(join(tmpdir(), "mreg-races-"));
  onTestFinished(() => rm(root, { recursive: true, force: true }));
  return () => new LayoutRegistry({ root });
}

async function remote(options: RegistryOptions) {
  const server = await startRegistry(options);
  onTestFinished(() => server.close());
  return () => new RemoteRegistry({ host: server.host });
}

describe.each([
  ["a layout", layout],
  ["a registry whose tags can be overwritten", () => remote({})],
  ["a registry whose tags are immutable", () => remote({ immutableTags: { status: 412 } })],
] as const)(`eight at once, ${rounds} rounds, on %s`, (_kind, place) => {
  test("one promoter wins each round, the others hear STATE_CONFLICT", { timeout }, async () => {
    const open = await place();
    for (let done = 0; done < rounds; done += roundsPerModel) {
      await racePromoters({ cast, rounds: roundsPerModel, open });
    }
  });

  test("no version number is given twice", { timeout }, async () => {
    await raceRegistrations({ rounds: rounds / 10, open: await place() });
  });
});
