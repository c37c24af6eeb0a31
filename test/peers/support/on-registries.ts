import { afterAll, beforeAll, describe, test } from "vitest";
import { needRegistry, peer } from "./peers.ts";
import { type RegistryName, type RunningRegistry, type StartOptions, startRegistry } from "./start-registry.ts";

/** zot in the version that mreg is made for, or else the older one that can be built. */
export const zotHere = (): RegistryName =>
  "missing" in peer("zot") && !("missing" in peer("zot-1.4")) ? "zot-1.4" : "zot";

/** All real registries, one of the two zots among them. */
export const registryNames = (): readonly RegistryName[] => ["docker-registry", "distribution", "olareg", zotHere()];

/** What a suite calls a registry: of a stand-in, nobody may believe that it is what it stands in for. */
export function titleOf(name: RegistryName): string {
  const found = peer(name);
  return ("path" in found && found.title) || name;
}

/**
 * Runs the same tests against every real registry, each in a process of its own.
 *
 * A registry that is missing is one skipped test with the reason, never nothing.
 *
 * @param define - registers the tests; `host()` may be called inside of them only.
 */
export function onRegistries(
  define: (host: () => string, name: RegistryName) => void,
  { names = registryNames(), ...options }: StartOptions & { readonly names?: readonly RegistryName[] } = {},
): void {
  describe.each(names.map((name) => [titleOf(name), name] as const))("%s", (_title, name) => {
    if ("missing" in peer(name)) {
      test("starts", (context) => needRegistry(context, name));
      return;
    }
    let running: RunningRegistry;
    beforeAll(async () => {
      running = await startRegistry(name, options);
    });
    afterAll(() => running.stop());
    define(() => running.host, name);
  });
}
