import { createRequire } from "node:module";
import { DEFAULT_MIRROR_URL, initTUF } from "@sigstore/tuf";
import { SigningError } from "../errors.ts";

/** Names of the targets in sigstore's TUF repositories. */
const targets = { trustedRoot: "trusted_root.json", signingConfig: "signing_config.v0.2.json" } as const;

/** Where trust comes from, and where TUF may keep what it has verified. */
export interface TufSource {
  /** URL of the TUF repository. Default: the public-good instance. */
  readonly mirror?: string;
  /** File with the root to start from; needed for every mirror but the default, whose root comes with this release. */
  readonly rootPath?: string;
  /** Directory for TUF's metadata: without it, a mirror could go back to older versions. */
  readonly directory: string;
}

export interface FetchedTrust {
  readonly mirror: string;
  readonly trustedRoot: Uint8Array;
  /** Absent where the repository has none. */
  readonly signingConfig?: Uint8Array;
}

/**
 * Gets the current trusted root by TUF: signed by a threshold of keys, not expired, and never older than before.
 *
 * @throws {@link SigningError} `SERVICE_UNAVAILABLE` when the repository cannot be reached, or does not verify.
 * @see {@link https://theupdateframework.github.io/specification/v1.0.33/#detailed-client-workflow}
 */
export async function fetchTrust({
  mirror = DEFAULT_MIRROR_URL,
  rootPath,
  directory,
}: TufSource): Promise<FetchedTrust> {
  const start = rootPath === undefined ? {} : { rootPath, forceInit: true };
  try {
    const tuf = await initTUF({ mirrorURL: mirror, cachePath: directory, ...start });
    const trustedRoot = Buffer.from(await tuf.getTarget(targets.trustedRoot));
    const signingConfig = await tuf.getTarget(targets.signingConfig).catch((error: { code?: string }) => {
      if (error.code === "TUF_FIND_TARGET_ERROR") return undefined;
      throw error;
    });
    return { mirror, trustedRoot, ...(signingConfig ? { signingConfig: Buffer.from(signingConfig) } : {}) };
  } catch (cause) {
    const { cause: inner, message } = cause as Error;
    const reason = inner instanceof Error ? `${message}: ${inner.message}` : message;
    throw new SigningError("SERVICE_UNAVAILABLE", `no trusted root from ${mirror}: ${reason}`, { cause });
  }
}

/** The trusted root of the public-good instance as @sigstore/tuf was released with it: genuine, perhaps outdated. */
export function seededTrustRoot(): Uint8Array {
  const seeds = createRequire(import.meta.url)("@sigstore/tuf/seeds.json") as Readonly<
    Record<string, { readonly targets: Readonly<Record<string, string>> }>
  >;
  return Buffer.from(seeds[DEFAULT_MIRROR_URL]?.targets[targets.trustedRoot] ?? "", "base64");
}
