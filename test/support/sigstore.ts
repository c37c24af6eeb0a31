import { createRequire } from "node:module";
import { parseTrustRoot, type TrustRoot } from "../../src/trust/trust-root.ts";

const seeds = createRequire(import.meta.url)("@sigstore/tuf/seeds.json") as Record<
  string,
  { targets: Record<string, string> }
>;

/** The trusted root of the public-good instance, as @sigstore/tuf ships it: what TUF would bring, some months old. */
export function publicGoodRoot(): TrustRoot {
  const target = seeds["https://tuf-repo-cdn.sigstore.dev"]?.targets["trusted_root.json"] ?? "";
  return parseTrustRoot(Buffer.from(target, "base64"));
}
