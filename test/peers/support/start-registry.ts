import { GenericContainer, Wait } from "testcontainers";
import { peer } from "./peers.ts";
import { type RegistryName, type RunningRegistry, type StartOptions, spawnRegistry } from "./registry-process.ts";

export type { RegistryName, RunningRegistry, StartOptions } from "./registry-process.ts";

/**
 * Starts a real registry, as `setup.ts` found it.
 *
 * @throws Error when the registry is missing: `needRegistry` skips the test before that.
 */
export async function startRegistry(name: RegistryName, options: StartOptions = {}): Promise<RunningRegistry> {
  const found = peer(name);
  if ("missing" in found) throw new Error(found.missing);
  return "image" in found ? startContainer(found.image) : spawnRegistry(name, found.path, options);
}

/** A registry as a container, for machines that have a Docker engine and cannot build the program. */
async function startContainer(image: string): Promise<RunningRegistry> {
  const container = await new GenericContainer(image)
    .withExposedPorts(5000)
    .withWaitStrategy(Wait.forHttp("/v2/", 5000))
    .start();
  return {
    host: `${container.getHost()}:${container.getMappedPort(5000)}`,
    stop: async () => {
      await container.stop();
    },
  };
}
