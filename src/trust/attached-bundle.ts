import { collect } from "../base/bytes.ts";
import type { Digest } from "../base/digest.ts";
import { documentLimitBytes } from "../base/limits.ts";
import type { CallOptions, Fetcher } from "../oci/content.ts";
import type { Descriptor } from "../oci/descriptor.ts";
import { fetchManifest } from "../oci/fetch-manifest.ts";
import type { ImageManifest, Manifest } from "../oci/manifest.ts";
import { annotationKeys } from "../oci/media-types.ts";
import { type Bundle, bundleMediaType, parseBundle } from "./bundle.ts";
import { contentOf } from "./content-verdict.ts";
import { printable } from "./document.ts";
import { VerificationError } from "./errors.ts";

/** Every version of the bundle's media type starts like this; cosign looks at no more either. */
const bundleTypePrefix = "application/vnd.dev.sigstore.bundle";

/** RFC 3339; the annotation is written by whoever attached the bundle. */
const timePattern = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)$/;

/** A bundle that is attached to the right manifest; its signature has not been looked at. */
export interface AttachedBundle {
  /** The manifest that carries it, computed from its bytes. */
  readonly manifest: Descriptor;
  readonly bundle: Bundle;
  readonly claimedTime?: string;
}

/**
 * Reads what a referrer carries, and that it was asked for and belongs where it is attached; who signed it is not
 * looked at here.
 *
 * @param listed - from a registry's list, or from a record; hostile but for its digest, which everything must match.
 * @param subject - the manifest that the bundle must be attached to.
 * @returns undefined when the manifest is something else than a bundle.
 * @throws {@link VerificationError} `SIGNATURE_INVALID`, `SUBJECT_MISMATCH`, or `NO_SIGNATURE` when it is not there.
 */
export async function readAttachedBundle(
  store: Fetcher,
  listed: Descriptor,
  subject: Digest,
  options?: CallOptions,
): Promise<AttachedBundle | undefined> {
  const attached = await readAttachedBytes(store, listed, subject, options);
  if (!attached) return undefined;
  const { bytes, ...facts } = attached;
  return { ...facts, bundle: parseBundle(bytes) };
}

/** Like {@link readAttachedBundle}, without looking into the bundle. */
export async function readAttachedBytes(
  store: Fetcher,
  listed: Descriptor,
  subject: Digest,
  options?: CallOptions,
): Promise<(Omit<AttachedBundle, "bundle"> & { readonly bytes: Uint8Array }) | undefined> {
  const manifest = await contentOf(listed, () => fetchManifest(store, listed, options));
  if (!carriesBundle(manifest)) return undefined;
  if (manifest.value.subject?.digest !== subject) {
    throw new VerificationError(
      "SUBJECT_MISMATCH",
      `${listed.digest} is attached to ${manifest.value.subject?.digest ?? "nothing"}, expected ${subject}`,
    );
  }
  const layer = bundleLayer(manifest.value, listed);
  const bytes = await contentOf(listed, () => collect(store.fetch(layer, options), layer.size));
  const claimedTime = manifest.value.annotations?.[annotationKeys.created];
  return {
    manifest: manifest.descriptor,
    bytes,
    ...(claimedTime !== undefined && isTime(claimedTime) ? { claimedTime } : {}),
  };
}

/** A month 13 has the shape of a time and is none. */
function isTime(text: string): boolean {
  return timePattern.test(text) && !Number.isNaN(Date.parse(text));
}

/** The manifest's own fields decide; what a list says about it is a hint that may hide or mis-sort. */
function carriesBundle(manifest: Manifest): manifest is Manifest & { readonly kind: "image" } {
  if (manifest.kind === "index") return false;
  const { artifactType, layers } = manifest.value;
  return [artifactType, ...layers.map((layer) => layer.mediaType)].some((type) => type?.startsWith(bundleTypePrefix));
}

/** Exactly one layer, or two readers could each check another one. Its size is bounded before it is downloaded. */
function bundleLayer({ layers }: ImageManifest, { digest }: Descriptor): Descriptor {
  const [layer] = layers;
  if (!layer || layers.length !== 1) throw invalid(`${digest} has ${layers.length} layers, expected one bundle`);
  if (layer.mediaType !== bundleMediaType) {
    throw invalid(`${digest} has a layer of type ${printable(layer.mediaType)}, expected ${bundleMediaType}`);
  }
  if (layer.size <= documentLimitBytes) return layer;
  throw invalid(`the bundle of ${digest} has ${layer.size} bytes, expected at most ${documentLimitBytes}`);
}

function invalid(reason: string): VerificationError {
  return new VerificationError("SIGNATURE_INVALID", reason);
}
