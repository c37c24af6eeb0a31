import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished } from "vitest";
import { hasCode } from "../../src/base/errors.ts";
import { findForks, promote, readChain, readStatus, registerVersion } from "../../src/lifecycle/index.ts";
import type { Registry, Repository } from "../../src/oci/content.ts";
import type { Descriptor } from "../../src/oci/descriptor.ts";
import { LayoutRegistry } from "../../src/stores/layout/index.ts";
import { RemoteRegistry } from "../../src/stores/remote/index.ts";
import { listOf } from "./expect.ts";
import { pushArtifact } from "./fixtures.ts";
import { type Cast, modelArtifact, predicates, typeOf, World } from "./lifecycle.ts";
import type { RegistryOptions } from "./registry/options.ts";
import { startRegistry } from "./registry/server.ts";

/** Promoters that all want the next record. */
const crowd = 8;

/** Lets nobody on before all have come. */
class Barrier {
  #left: number;
  #open: () => void = () => {};
  readonly #opened = new Promise<void>((resolve) => {
    this.#open = resolve;
  });

  constructor(count: number) {
    this.#left = count;
  }

  async arrive(): Promise<void> {
    if (--this.#left === 0) this.#open();
    await this.#opened;
  }
}

/** A repository whose first write waits for the others: all of them have decided by the same head then. */
function waiting(store: Repository, barrier: Barrier): Repository {
  let arrived: Promise<void> | undefined;
  return new Proxy(store, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== "function") return value;
      const verb = value.bind(target) as (...args: unknown[]) => unknown;
      if (name !== "push") return verb;
      return async (...args: unknown[]) => {
        arrived ??= barrier.arrive();
        await arrived;
        return verb(...args);
      };
    },
  });
}

export interface RaceOptions {
  readonly cast: Cast;
  readonly rounds: number;
  /** Opens the registry anew, as another process would. */
  readonly open: () => Registry;
}

/**
 * Eight promoters at once, round after round: one wins, the others hear CONFLICT, and all readers see one history.
 *
 * @returns how many records lost their race and are shown as forks.
 */
export async function racePromoters({ cast, open, rounds }: RaceOptions): Promise<number> {
  const clients = Array.from({ length: crowd }, open);
  const world = new World(cast, { registry: clients[0] as Registry, model: `races/m${Date.now().toString(36)}` });
  const { name } = world.repository;
  const stores = clients.map((client) => client.repository(name));
  const versions: Descriptor[] = [];
  for (let round = 1; round <= rounds; round++) {
    // Whoever won is revoked and out; the move takes nothing else, so that a round costs a few requests.
    const { state } = await readChain(world.repository, world.policy);
    const revoked = new Set([...state.versions.values()].map(({ digest }) => digest));
    const rivals = versions.filter(({ digest }) => !revoked.has(digest));
    while (rivals.length < crowd) {
      const target = await world.push(versions.length + 1);
      await world.state(target, typeOf.signature, predicates.signature());
      versions.push(target);
      rivals.push(target);
    }
    const barrier = new Barrier(rivals.length);
    const results = await Promise.allSettled(
      rivals.map((target, at) =>
        promote(waiting(stores[at] as Repository, barrier), {
          ...{ ...world.request(target, "revoked"), kind: "revoke" as const, signer: cast.mike },
          circumstances: { reason: "a race" },
        }),
      ),
    );
    const winners = results.filter(({ status }) => status === "fulfilled");
    const reasons = results.flatMap((result) => (result.status === "rejected" ? [result.reason as unknown] : []));
    expect(
      reasons.filter((reason) => !hasCode(reason, "STATE_CONFLICT")),
      `round ${round}`,
    ).toEqual([]);
    expect(winners, `round ${round}`).toHaveLength(1);
    const chains = await Promise.all(stores.map((store) => readChain(store, world.policy)));
    const heads = new Set(chains.map(({ links }) => links.at(-1)?.bundle.digest));
    expect(heads.size, `round ${round}`).toBe(1);
    expect(chains.map(({ links }) => links.length)).toEqual(chains.map(() => round));
    const [won] = winners as PromiseFulfilledResult<Awaited<ReturnType<typeof promote>>>[];
    expect(heads).toEqual(new Set([won?.value.record.digest]));
  }
  await expectWhole(world, stores, rounds);
  const forks = await findForks(world.repository, await readChain(world.repository, world.policy));
  await Promise.all(clients.map((client) => client.close()));
  return forks.length;
}

/** Every reader computes the same state, every tag is as the chain says, and nothing that a record names is lost. */
async function expectWhole(world: World, stores: readonly Repository[], records: number): Promise<void> {
  const statuses = await Promise.all(stores.map((store) => readStatus(store, world.policy)));
  for (const status of statuses) expect(status).toEqual(statuses[0]);
  expect(statuses[0]?.anomalies).toEqual([]);
  const chain = await readChain(world.repository, world.policy);
  expect([...chain.state.versions.values()].filter(({ state }) => state === "revoked")).toHaveLength(records);
  const named = chain.links.flatMap(({ record }) => record.evidence.map(({ digest }) => Object.values(digest)[0]));
  for (const hex of new Set(named)) await world.repository.resolve(`sha256:${hex}`);
}

/** Eight who register different content at once: every number is given to one of them. */
export async function raceRegistrations({ open, rounds }: Omit<RaceOptions, "cast">): Promise<void> {
  const clients = Array.from({ length: crowd }, open);
  const name = `races/v${Date.now().toString(36)}`;
  const stores = clients.map((client) => client.repository(name));
  for (let round = 0; round < rounds; round++) {
    const manifests = await Promise.all(
      stores.map((store, at) => pushArtifact(store, modelArtifact(round * crowd + at + 1))),
    );
    const given = await Promise.all(stores.map((store, at) => registerVersion(store, manifests[at] as Descriptor)));
    expect(new Set(given.map(({ version }) => version)).size, `round ${round}`).toBe(crowd);
    for (const [at, { tag }] of given.entries()) {
      expect((await (stores[0] as Repository).resolve(tag)).digest, `${tag}, round ${round}`).toBe(
        manifests[at]?.digest,
      );
    }
  }
  const tags = await listOf((stores[0] as Repository).tags());
  expect(tags.filter((tag) => /^v[0-9]+$/.test(tag)).length).toBeGreaterThanOrEqual(rounds * crowd);
  await Promise.all(clients.map((client) => client.close()));
}

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

/** Stores that need no other program, by what their tags are; each is opened within a test, which closes it. */
export const racetracks = [
  ["a layout", layout],
  ["a registry whose tags can be overwritten", () => remote({})],
  ["a registry whose tags are immutable", () => remote({ immutableTags: { status: 412 } })],
] as const;
