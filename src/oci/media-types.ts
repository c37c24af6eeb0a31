/** Media types of the OCI image specification v1.1.1, and of the Docker formats that registries still answer with. */
export const mediaTypes = {
  imageManifest: "application/vnd.oci.image.manifest.v1+json",
  imageIndex: "application/vnd.oci.image.index.v1+json",
  emptyJson: "application/vnd.oci.empty.v1+json",
  octetStream: "application/octet-stream",
  dockerManifest: "application/vnd.docker.distribution.manifest.v2+json",
  dockerManifestList: "application/vnd.docker.distribution.manifest.list.v2+json",
} as const;

/** What a reader of manifests says it accepts; without OCI types in it, distribution answers 404. */
export const manifestMediaTypes: readonly string[] = [
  mediaTypes.imageManifest,
  mediaTypes.imageIndex,
  mediaTypes.dockerManifest,
  mediaTypes.dockerManifestList,
];

/** Tells whether content of this type is a manifest, that is: served by `/manifests/`, tagged, and able to refer. */
export function isManifestType(mediaType: string): boolean {
  return manifestMediaTypes.includes(mediaType);
}

/** Tells whether content of this type lists other manifests. */
export function isIndexType(mediaType: string): boolean {
  return mediaType === mediaTypes.imageIndex || mediaType === mediaTypes.dockerManifestList;
}

/** Annotation keys of the OCI image specification v1.1.1 that mreg reads or writes. */
export const annotationKeys = {
  title: "org.opencontainers.image.title",
  created: "org.opencontainers.image.created",
  version: "org.opencontainers.image.version",
  source: "org.opencontainers.image.source",
  revision: "org.opencontainers.image.revision",
  licenses: "org.opencontainers.image.licenses",
  baseName: "org.opencontainers.image.base.name",
  baseDigest: "org.opencontainers.image.base.digest",
  refName: "org.opencontainers.image.ref.name",
} as const;
