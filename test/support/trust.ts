import { generateKeyPairSync } from "node:crypto";
import { attach } from "../../src/oci/attach.ts";
import type { Repository } from "../../src/oci/content.ts";
import type { Descriptor } from "../../src/oci/descriptor.ts";
import { MemoryRegistry } from "../../src/stores/memory/index.ts";
import { bundleMediaType, loadSigner, makeStatement, type Signer, type Statement } from "../../src/trust/index.ts";
import { blobOf, pushArtifact, seededArtifact } from "./fixtures.ts";

/** Curves and sizes of throw-away keys. */
export const keyKinds = {
  "P-256": () => generateKeyPairSync("ec", { namedCurve: "prime256v1" }),
  "P-384": () => generateKeyPairSync("ec", { namedCurve: "secp384r1" }),
  "P-521": () => generateKeyPairSync("ec", { namedCurve: "secp521r1" }),
  "RSA 2048": () => generateKeyPairSync("rsa", { modulusLength: 2048 }),
  Ed25519: () => generateKeyPairSync("ed25519"),
} as const;
export type KeyKind = keyof typeof keyKinds;

/** A signer with a new key, without the cost of a password. */
export async function newSigner(kind: KeyKind = "P-256"): Promise<Signer> {
  return loadSigner(keyKinds[kind]().privateKey.export({ type: "pkcs8", format: "pem" }).toString());
}

/** A clock that stands, between two whole seconds. */
export const standingClock = () => new Date("2026-01-02T03:04:05.678Z");

export const evalType = "https://mreg.dev/eval/v1";

/** A statement with a predicate that has something of everything. */
export function evalStatement(subject: Descriptor): Statement {
  const predicate = {
    suite: "core",
    score: "0.7104",
    samples: 128,
    slices: [{ name: "naïve 模型 🙂", ok: true }],
    note: null,
  };
  return makeStatement({ subject, name: "ml/risk", predicateType: evalType, predicate });
}

/** A repository in memory with one manifest in it. */
export async function pushedModel(seed = 1): Promise<{ repository: Repository; subject: Descriptor }> {
  const repository = new MemoryRegistry().repository("ml/risk");
  return { repository, subject: await pushArtifact(repository, seededArtifact(seed)) };
}

/** Attaches bytes the way a bundle is attached, whatever they are. */
export function attachBytes(
  repository: Repository,
  subject: Descriptor,
  bytes: Uint8Array,
  mediaType: string = bundleMediaType,
): Promise<Descriptor> {
  return attach(repository, subject, { artifactType: mediaType, layers: [blobOf(bytes, { mediaType })] });
}
