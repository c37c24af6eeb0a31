import type { FetchedTrust, TufSource } from "./sigstore/tuf.ts";
import { parseTrustRoot, type TrustRoot } from "./trust-root.ts";

export type { FetchedTrust, TufSource };

/**
 * Gets the trusted root and the signing configuration of an instance by TUF, and checks that both can be used.
 *
 * @throws {@link SigningError} `SERVICE_UNAVAILABLE`; `TRUST_ROOT_INVALID`.
 */
export async function updateTrust(source: TufSource): Promise<FetchedTrust & { readonly root: TrustRoot }> {
  const { fetchTrust } = await import("./sigstore/tuf.ts");
  const fetched = await fetchTrust(source);
  return { ...fetched, root: parseTrustRoot(fetched.trustedRoot) };
}

/** The trusted root of the public-good instance that came with this release: for whoever has fetched none yet. */
export async function builtInTrustRoot(): Promise<TrustRoot> {
  const { seededTrustRoot } = await import("./sigstore/tuf.ts");
  return parseTrustRoot(seededTrustRoot());
}
