import { objectAt, textAt } from "../base/shape.ts";
import type { CallOptions, Fetcher, ReadOnlyTarget } from "../oci/content.ts";
import type { Descriptor } from "../oci/descriptor.ts";
import { fetchImageManifest } from "../oci/fetch-manifest.ts";
import type { ImageManifest } from "../oci/manifest.ts";
import { annotationKeys } from "../oci/media-types.ts";
import { readJsonConfig } from "./adaptors/config-json.ts";
import { dockerModelFiles, isDockerModel } from "./adaptors/docker-model.ts";
import { isModelKit, kitFiles } from "./adaptors/kitops.ts";
import { isOllamaModel, ollamaFiles } from "./adaptors/ollama.ts";
import { ModelError } from "./errors.ts";
import { fileKind } from "./kind.ts";
import { isModelPackType, layerAnnotationKeys, parseLayerMediaType } from "./media-types.ts";
import { type ModelPackConfig, modelPackConfigAt } from "./modelpack-config.ts";
import type { ModelView, ModelViewFile } from "./view.ts";

/**
 * Reads a model's manifest and config: ModelPack of any writer, KitOps, Docker Model Runner, Ollama, or a plain ORAS
 * artifact.
 *
 * @throws {@link ModelError} `CONFIG_INVALID` for a ModelPack layer that has no path, and for a config that is not one.
 * @throws {@link InvalidInputError} `INVALID_MANIFEST` for an index.
 */
export async function readModel(store: ReadOnlyTarget, target: Descriptor, options?: CallOptions): Promise<ModelView> {
  const manifest = await fetchImageManifest(store, target, options);
  const annotations = manifest.value.annotations ?? {};
  if (!isModelPack(manifest.value))
    return { manifest, annotations, ...(await readForeign(store, manifest.value, options)) };
  const files = manifest.value.layers.map(packedFile);
  const { config } = manifest.value;
  // Other writers of ModelPack layers, such as podman, leave the config empty.
  if (!isModelPackType(config.mediaType)) return { manifest, files, format: "modelpack", annotations };
  return { manifest, files, config: await readConfig(store, config, options), format: "modelpack", annotations };
}

/** What others pack; what nobody else has packed is for whoever gave its layers titles. */
async function readForeign(
  store: Fetcher,
  manifest: ImageManifest,
  options?: CallOptions,
): Promise<Pick<ModelView, "files" | "format">> {
  if (isModelKit(manifest)) {
    return { files: kitFiles(manifest, await readJsonConfig(store, manifest.config, options)), format: "kitops" };
  }
  if (isDockerModel(manifest)) return { files: dockerModelFiles(manifest), format: "docker" };
  if (isOllamaModel(manifest)) return { files: ollamaFiles(manifest), format: "ollama" };
  return { files: manifest.layers.flatMap(titledFile), format: "oras" };
}

/** By artifact type, by config, or by layers: a user's own artifact type does not make it another format. */
function isModelPack({ artifactType, config, layers }: ImageManifest): boolean {
  if (isModelPackType(artifactType) || isModelPackType(config.mediaType)) return true;
  return layers.some(({ mediaType }) => parseLayerMediaType(mediaType));
}

/** What `oras push` writes on a layer that is a directory: a tar+gzip to be unpacked. */
const unpackAnnotation = "io.deis.oras.content.unpack";

/** A layer without a title is not a file; `oras pull` skips it, too. */
function titledFile(descriptor: Descriptor): ModelViewFile[] {
  const path = descriptor.annotations?.[annotationKeys.title];
  if (!path) return [];
  const isDirectory = descriptor.annotations?.[unpackAnnotation] === "true";
  return [{ path, kind: fileKind(path), descriptor, ...(isDirectory ? { archive: "tar+gzip" } : {}) }];
}

function packedFile(descriptor: Descriptor): ModelViewFile {
  const type = parseLayerMediaType(descriptor.mediaType);
  const path = layerPath(descriptor);
  // An archive needs no name of its own: its members have paths.
  if (type && type.encoding !== "raw") {
    return { path: path ?? descriptor.digest, kind: type.kind, descriptor, archive: type.encoding };
  }
  if (!path) throw invalid(`layer ${descriptor.digest} has no path, expected ${layerAnnotationKeys.filepath}`);
  return { path, kind: type?.kind ?? fileKind(path), descriptor };
}

/** modctl writes the file path, RamaLama the metadata, ORAS the title. */
function layerPath({ annotations = {} }: Descriptor): string | undefined {
  const filepath = annotations[layerAnnotationKeys.filepath] ?? annotations[layerAnnotationKeys.legacyFilepath];
  return filepath || metadataName(annotations[layerAnnotationKeys.metadata]) || annotations[annotationKeys.title];
}

function metadataName(json: string | undefined): string | undefined {
  if (json === undefined) return undefined;
  try {
    return textAt(objectAt(JSON.parse(json), "")["name"], "name");
  } catch {
    return undefined;
  }
}

async function readConfig(store: Fetcher, target: Descriptor, options?: CallOptions): Promise<ModelPackConfig> {
  const config = await readJsonConfig(store, target, options);
  try {
    return modelPackConfigAt(config, "");
  } catch (cause) {
    throw invalid(`config ${target.digest} is not a ModelPack config: ${(cause as Error).message}`, cause);
  }
}

function invalid(reason: string, cause?: unknown): ModelError {
  return new ModelError("CONFIG_INVALID", reason, { cause });
}
