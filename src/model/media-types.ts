/** ModelPack's kinds of files, and the order of their layers: what is small and describes comes first. */
export const fileKinds = ["weight.config", "doc", "code", "dataset", "weight"] as const;
export type FileKind = (typeof fileKinds)[number];

/** @see {@link https://github.com/modelpack/model-spec/blob/v0.0.7/docs/spec.md} */
export const modelMediaTypes = {
  manifest: "application/vnd.cncf.model.manifest.v1+json",
  config: "application/vnd.cncf.model.config.v1+json",
} as const;

/** Artifact type of the referrer that says which pieces a model consists of, and media type of its one layer. */
export const tensorIndexType = "application/vnd.mreg.tensor-index.v1+json";

/** How a layer holds its file or files. */
export type LayerEncoding = "raw" | "tar" | "tar+gzip" | "tar+zstd";

/** The media type of a layer that mreg writes. */
export function layerMediaType(kind: FileKind, encoding: "raw" | "tar"): string {
  return `application/vnd.cncf.model.${kind}.v1.${encoding}`;
}

/**
 * `cnai` is what ModelPack was called until July 2025; `gguf` and `safetensors` are raw files under the types that
 * Docker's model runner wrote before it moved to ModelPack.
 */
const layerPattern =
  /^application\/vnd\.(?:cncf|cnai)\.model\.(weight\.config|weight|doc|code|dataset)\.v1\.(raw|tar\+gzip|tar\+zstd|tar|gguf|safetensors)$/;

/** Reads a layer's media type; undefined when it is not ModelPack's. */
export function parseLayerMediaType(mediaType: string): { kind: FileKind; encoding: LayerEncoding } | undefined {
  const match = layerPattern.exec(mediaType);
  if (!match) return undefined;
  const encoding = match[2] as LayerEncoding | "gguf" | "safetensors";
  return { kind: match[1] as FileKind, encoding: encoding === "gguf" || encoding === "safetensors" ? "raw" : encoding };
}

/** Tells whether this is the type of a ModelPack manifest or config, old name included. */
export function isModelPackType(mediaType: string | undefined): boolean {
  return /^application\/vnd\.(?:cncf|cnai)\.model\.(?:manifest|config)\.v1\+json$/.test(mediaType ?? "");
}

/** Annotation keys of ModelPack v0.0.7, on layers. */
export const layerAnnotationKeys = {
  filepath: "org.cncf.model.filepath",
  metadata: "org.cncf.model.file.metadata+json",
  untested: "org.cncf.model.file.mediatype.untested",
  legacyFilepath: "org.cnai.model.filepath",
} as const;

/** mreg's own annotation keys, on manifests. */
export const modelAnnotationKeys = {
  name: "dev.mreg.name",
  owner: "dev.mreg.owner",
  fileSet: "dev.mreg.file-set",
} as const;
