import { afterAll, beforeAll, describe, test } from "vitest";
import { RemoteRegistry } from "../../src/stores/remote/index.ts";
import { type TargetFixture, targetContract } from "../contract/target-contract.ts";
import { needRegistry, peer } from "./support/peers.ts";
import { type RegistryName, type RunningRegistry, registryNames, startRegistry } from "./support/start-registry.ts";

/** What each registry can do. A gap has its reason; one that closes turns the run red. */
const traits: Record<RegistryName, Pick<TargetFixture, "sha512" | "catalog" | "gaps">> = {
  "docker-registry": { sha512: false },
  distribution: { sha512: false },
  olareg: { sha512: true },
  zot: { sha512: true },
};

describe.for(registryNames)("%s", (name) => {
  if ("missing" in peer(name)) {
    test("target contract", (context) => needRegistry(context, name));
    return;
  }
  let running: RunningRegistry;
  beforeAll(async () => {
    running = await startRegistry(name);
  });
  afterAll(() => running.stop());
  targetContract({
    name,
    // None of them has a compare-and-swap for tags.
    atomicOnce: false,
    ...traits[name],
    open: async () => ({ registry: new RemoteRegistry({ host: running.host }), close: async () => {} }),
  });
});
