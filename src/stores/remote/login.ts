import type { CallOptions } from "../../oci/content.ts";
import type { RemoteRegistry } from "./registry.ts";

/**
 * Tries the credentials of a registry, as `login` does before it stores them.
 *
 * Success means that the registry took them, or that it asks nobody for any: it then cannot say whether they are right.
 *
 * @throws {@link RegistryError} `UNAUTHORIZED`.
 */
export function checkLogin(registry: RemoteRegistry, options?: CallOptions): Promise<void> {
  return registry.ping(options);
}
