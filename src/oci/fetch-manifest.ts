import { collect } from "../base/bytes.ts";
import type { CallOptions, Fetcher, Resolver } from "./content.ts";
import type { Descriptor } from "./descriptor.ts";
import { InvalidInputError } from "./errors.ts";
import { checkManifestSize, type Manifest, parseManifest } from "./manifest.ts";

/** Reads and parses the manifest a descriptor names; the bytes have been verified against it. */
export async function fetchManifest(store: Fetcher, target: Descriptor, options?: CallOptions): Promise<Manifest> {
  checkManifestSize(target.size);
  return parseManifest(await collect(store.fetch(target, options), target.size), target.mediaType, target.digest);
}

/** Resolves a tag or digest and reads the manifest it names. */
export async function resolveManifest(
  store: Fetcher & Resolver,
  reference: string,
  options?: CallOptions,
): Promise<Manifest> {
  return fetchManifest(store, await store.resolve(reference, options), options);
}

/**
 * Like {@link fetchManifest}, but only for image manifests, which is what models and attachments are.
 *
 * @throws {@link InvalidInputError} `INVALID_MANIFEST` for an index.
 */
export async function fetchImageManifest(
  store: Fetcher,
  target: Descriptor,
  options?: CallOptions,
): Promise<Manifest & { readonly kind: "image" }> {
  const manifest = await fetchManifest(store, target, options);
  if (manifest.kind === "image") return manifest;
  throw new InvalidInputError("INVALID_MANIFEST", `${target.digest} is an index, expected an image manifest`);
}
