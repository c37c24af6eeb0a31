import type { Registry } from "./oci/content.ts";
import { InvalidInputError } from "./oci/errors.ts";
import type { RemoteOptions } from "./stores/remote/index.ts";

/** How to reach a registry over HTTP; ignored for the embedded store. */
export type ConnectOptions = Omit<RemoteOptions, "host" | "prefix">;

/**
 * Opens a registry by its location: `registry.example.com/ml`, or `oci:<directory>` for the embedded store.
 *
 * Nothing is contacted or created yet. Each kind of store is loaded only when it is used.
 *
 * @throws {@link InvalidInputError} `INVALID_REFERENCE` for an empty location.
 */
export async function openTarget(location: string, options: ConnectOptions = {}): Promise<Registry> {
  if (location.startsWith("oci:")) {
    const root = location.slice("oci:".length);
    if (root === "")
      throw new InvalidInputError("INVALID_REFERENCE", `"oci:" names no directory, expected oci:<directory>`);
    const { LayoutRegistry } = await import("./stores/layout/index.ts");
    return new LayoutRegistry({ root });
  }
  const { RemoteRegistry } = await import("./stores/remote/index.ts");
  const slash = location.indexOf("/");
  const host = slash < 0 ? location : location.slice(0, slash);
  const prefix = slash < 0 ? "" : location.slice(slash + 1).replace(/\/+$/, "");
  if (host === "")
    throw new InvalidInputError("INVALID_REFERENCE", `${JSON.stringify(location)} names no registry host`);
  return new RemoteRegistry({ ...options, host, ...(prefix ? { prefix } : {}) });
}
