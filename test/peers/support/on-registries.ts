import { afterAll, beforeAll, describe, test } from "vitest";
import { needRegistry, peer } from "./peers.ts";
import { type RegistryName, type RunningRegistry, registryNames, startRegistry } from "./start-registry.ts";

/**
 * Runs the same tests against every real registry, each in a process of its own.
 *
 * A registry that is missing is one skipped test with the reason, never nothing.
 *
 * @param define - registers the tests; `host()` may be called inside of them only.
 */
export function onRegistries(
  define: (host: () => string, name: RegistryName) => void,
  names: readonly RegistryName[] = registryNames,
): void {
  describe.each(names)("%s", (name) => {
    if ("missing" in peer(name)) {
      test("starts", (context) => needRegistry(context, name));
      return;
    }
    let running: RunningRegistry;
    beforeAll(async () => {
      running = await startRegistry(name);
    });
    afterAll(() => running.stop());
    define(() => running.host, name);
  });
}
