import { setTimeout as sleep } from "node:timers/promises";
import { ContentError, hasCode } from "../../base/errors.ts";
import { paceMs } from "../../base/pace.ts";
import type { CallOptions, ReadOnlyTarget, Target } from "../../oci/content.ts";
import { type Descriptor, describe } from "../../oci/descriptor.ts";
import { StoreError } from "../../oci/errors.ts";
import { fetchImageManifest } from "../../oci/fetch-manifest.ts";
import { bytesSource } from "../../oci/source.ts";
import { Base64Bytes, encodeBase64 } from "../base64.ts";
import { SigningError } from "../errors.ts";
import { verifySignature } from "../key.ts";
import { legacySignatureLimit } from "../limits.ts";
import type { Signer } from "../signer.ts";
import { layerAnnotations, layerKind } from "./signature-layer.ts";
import { packSignatures } from "./signature-manifest.ts";
import { signatureTag } from "./signature-tag.ts";
import { simpleSigningMediaType, writeSimpleSigning } from "./simple-signing.ts";

/** Writes of one tag before giving up; each lost one means that somebody else's signature has arrived. */
const writeLimit = 6;

/** Times that everything must be found after a write: more often where others seem to write as well. */
const checks = { alone: 1, contended: 3 };

/**
 * Pause before the list is looked at again: half of the first, in milliseconds; each following one is twice as long.
 */
const pauseMs = 25;

/** Doublings of the pause after which further lost writes add none. */
const pauseSteps = 3;

/** A pause that is there for slow writers; as in the referrers fallback. */
const slowPause = { times: 3, limitMs: 5_000 };

export interface LegacySignOptions extends CallOptions {
  readonly signer: Signer;
  /** The repository as consumers name it, such as `registry.example.com/ml/risk`: podman and CRI-O compare it. */
  readonly identity: string;
}

/**
 * Signs a manifest as cosign did before bundles, under its `.sig` tag: what podman, CRI-O and bootc read.
 *
 * Signatures of others under the tag stay, byte for byte. Registries have no compare-and-swap for tags, so the tag is
 * read back after each write, and what another writer's lost update took away is put back. A key that has signed this
 * manifest under this name already does not sign it again.
 *
 * @returns the manifest that holds the signatures.
 * @throws {@link ContentError} `LIMIT_EXCEEDED` when the tag holds more signatures than readers look at.
 * @throws {@link StoreError} `CONFLICT` when other writers win every round, or the tag holds something else.
 * @throws {@link SigningError} `KEY_INVALID` for a certificate: it would need proofs that this layout has no place for.
 */
export async function signLegacy(
  store: Target,
  subject: Descriptor,
  { signer, identity, signal }: LegacySignOptions,
): Promise<Descriptor> {
  if (signer.identity) {
    throw new SigningError("KEY_INVALID", "a signature under a .sig tag needs a key, received a certificate");
  }
  const tag = signatureTag(subject.digest, "sig");
  const payload = writeSimpleSigning(subject.digest, identity);
  const blob = bytesSource(describe(simpleSigningMediaType, payload), payload);
  let current = await readTag(store, tag, { signal });
  const present = await findOwn(current?.layers ?? [], blob.descriptor, { signer, payload });
  if (present && current) return current.descriptor;
  const signature = encodeBase64(await signer.sign(payload));
  const own = { ...blob.descriptor, annotations: { [layerAnnotations.signature]: signature } };
  await store.push(blob, { signal });
  /** Everything seen under the tag, so that nothing is lost by whoever overwrites whom. */
  const seen = new Map<string, Descriptor>();
  for (let writes = 0, found = 0; ; ) {
    const startedMs = performance.now();
    for (const layer of [...(current?.layers ?? []), own]) seen.set(layerName(layer), layer);
    if (seen.size > legacySignatureLimit) throw tooMany(tag, seen.size);
    const listed = new Set((current?.layers ?? []).map(layerName));
    if (current && [...seen.keys()].every((name) => listed.has(name))) {
      if (++found >= (writes > 1 ? checks.contended : checks.alone)) return current.descriptor;
    } else {
      if (writes >= writeLimit) throw givenUp(tag);
      const { config, manifest } = packSignatures([...seen.values()]);
      for (const source of [config, manifest]) await store.push(source, { signal });
      await store.tag(manifest.descriptor, tag, { signal });
      writes++;
      found = 0;
    }
    // Whoever read before this write and writes after it is only seen after a while: a longer one where machines are
    // slow, which our own pace tells.
    const waitMs = Math.max(pauseMs * 2 ** Math.min(writes + found, pauseSteps), paceMs(startedMs, slowPause));
    await sleep(waitMs, undefined, signal ? { signal } : {});
    current = await readTag(store, tag, { signal });
  }
}

interface Signatures {
  readonly descriptor: Descriptor;
  readonly layers: readonly Descriptor[];
}

/**
 * @returns undefined when there is no such tag. A tag that holds something else than signatures is never overwritten.
 */
async function readTag(store: ReadOnlyTarget, tag: string, options: CallOptions): Promise<Signatures | undefined> {
  let descriptor: Descriptor;
  try {
    descriptor = await store.resolve(tag, options);
  } catch (error) {
    if (hasCode(error, "NOT_FOUND")) return undefined;
    throw error;
  }
  const { value } = await fetchImageManifest(store, descriptor, options);
  const foreign = value.layers.find((layer) => !layerKind(layer));
  if (foreign) {
    throw new StoreError("CONFLICT", `tag ${tag} holds a layer of type ${foreign.mediaType}, expected signatures only`);
  }
  return { descriptor, layers: value.layers };
}

/** One payload can be signed by many, so that the digest alone does not name a layer. */
function layerName({ digest, annotations }: Descriptor): string {
  return JSON.stringify([digest, annotations?.[layerAnnotations.signature]]);
}

/** Whether this key has signed this payload; whatever else is under the tag is not looked into. */
async function findOwn(
  layers: readonly Descriptor[],
  { digest }: Descriptor,
  { signer, payload }: { readonly signer: Signer; readonly payload: Uint8Array },
): Promise<boolean> {
  for (const layer of layers) {
    if (layer.digest !== digest) continue;
    const signature = Base64Bytes.safeParse(layer.annotations?.[layerAnnotations.signature]);
    if (signature.success && (await verifySignature(signer.publicKey, payload, signature.data))) return true;
  }
  return false;
}

function givenUp(tag: string): StoreError {
  return new StoreError("CONFLICT", `other writers changed ${tag} after each of ${writeLimit} writes`);
}

function tooMany(tag: string, count: number): ContentError {
  return new ContentError(
    "LIMIT_EXCEEDED",
    `${tag} would hold ${count} signatures, expected at most ${legacySignatureLimit}`,
  );
}
