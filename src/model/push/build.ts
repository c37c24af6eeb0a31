import { readFile } from "node:fs/promises";
import { matchesGlob } from "node:path";
import { type Digest, digestOf } from "../../base/digest.ts";
import { ContentError } from "../../base/errors.ts";
import { documentLimitBytes } from "../../base/limits.ts";
import type { Manifest } from "../../oci/manifest.ts";
import { packManifest } from "../../oci/pack.ts";
import type { BlobSource } from "../../oci/source.ts";
import { gatherSmall, type PackedArchive, packArchive } from "../archive/archive.ts";
import { fileKind } from "../kind.ts";
import { shardIndexLimitBytes } from "../limits.ts";
import { modelMediaTypes } from "../media-types.ts";
import { readModelConfig } from "../model-config.ts";
import { checkInput, type ModelInput, manifestAnnotations } from "../model-input.ts";
import { packConfig } from "../modelpack-config.ts";
import { filesToIndex, type IndexChoice, indexSplit } from "../tensor-index/build.ts";
import { checkShardIndex, isShardIndex } from "../weights/shard-index.ts";
import { summarizeWeights, type WeightsSummary } from "../weights/weights-summary.ts";
import { fileSetDigest } from "./file-set.ts";
import { type FileWithHeader, type HashedFile, type HashPassOptions, hashFiles } from "./hash-pass.ts";
import { epoch } from "./layer.ts";
import { type KindedFile, type ModelFile, packLayers } from "./layers.ts";
import { walk } from "./walk.ts";

/** A model that can be uploaded: everything but the bytes, which stay in the files until they are sent. */
export interface ModelArtifact {
  readonly manifest: Manifest & { readonly kind: "image" };
  readonly config: BlobSource;
  /** Sorted by path. */
  readonly files: readonly ModelFile[];
  /** What is uploaded, in the manifest's order: the files, save that many small ones may share an archive. */
  readonly layers: readonly BlobSource[];
  readonly summary: WeightsSummary;
  /** The packing-independent digest of {@link fileSetDigest}. */
  readonly fileSet: Digest;
  /** The files that a tensor index is to describe; absent when the model gets none. */
  readonly indexed?: readonly HashedFile[];
}

export interface BuildOptions extends HashPassOptions {
  /** Whether files are cut into pieces for a tensor index while they are hashed. Default: `never`. */
  readonly index?: IndexChoice | undefined;
}

/**
 * Packs files into a ModelPack artifact: reads each once for its digest, parses the headers of weights, and writes
 * config and manifest. Nothing is stored or sent.
 *
 * Equal files and input give an equal digest on every machine: times, owners, modes and directory order do not count.
 *
 * @throws {@link ModelError} `FILE_MISSING`, `PATH_ESCAPE`, `CONFIG_INVALID`, or `UNSAFE_FORMAT` for weights whose
 * header must not be believed.
 * @throws {@link ContentError} when a file changes while it is read, or `LIMIT_EXCEEDED` for a manifest above 4 MiB.
 */
export async function buildModel(input: ModelInput, options: BuildOptions = {}): Promise<ModelArtifact> {
  checkInput(input);
  const walked = await walk(input.paths, { linkTargets: input.linkTargets, signal: options.signal });
  const toIndex = new Set(filesToIndex(options.index ?? "never", walked).map(({ path }) => path));
  const split = (file: FileWithHeader) => (toIndex.has(file.path) ? indexSplit(file.size, file.header) : undefined);
  const datasets = input.datasets ?? [];
  const isDataset = (path: string) => datasets.some((glob) => matchesGlob(path, glob));
  const kindOf = (path: string) => (isDataset(path) ? "dataset" : fileKind(path));
  const { archives, loose } = gatherSmall(walked, kindOf);
  const read = await hashFiles(loose, { split, ...options });
  const mtime = input.created ?? epoch;
  const packed: PackedArchive[] = [];
  for (const archive of archives) packed.push(await packArchive(archive, { ...options, mtime }));
  const hashed = [...read, ...packed.flatMap(({ members }) => members)];
  await checkShards(hashed);
  const kinded = read.map((file): KindedFile => ({ ...file, kind: kindOf(file.path) }));
  const weights = kinded.filter(({ kind }) => kind === "weight");
  const summary = summarizeWeights(weights, readModelConfig(await readRootConfig(hashed)));
  const { files, layers } = packLayers(kinded, packed, mtime);
  const fileSet = fileSetDigest(hashed);
  // Layers are not compressed, so that the digests of their content are their own.
  const diffIds = layers.map(({ descriptor }) => descriptor.digest);
  const config = packConfig(input, summary, diffIds);
  const manifest = packManifest({
    artifactType: input.artifactType ?? modelMediaTypes.manifest,
    config: config.descriptor,
    layers: layers.map(({ descriptor }) => descriptor),
    annotations: manifestAnnotations(input, fileSet),
  });
  const indexed = hashed.filter(({ path }) => toIndex.has(path));
  return { manifest, config, files, layers, summary, fileSet, ...(indexed.length > 0 ? { indexed } : {}) };
}

async function readRootConfig(files: readonly HashedFile[]): Promise<Uint8Array> {
  const file = files.find(({ path }) => path === "config.json");
  return file && file.size <= documentLimitBytes ? readHashed(file) : new Uint8Array();
}

async function checkShards(files: readonly HashedFile[]): Promise<void> {
  const headers = new Map(files.flatMap(({ path, header }) => (header ? [[path, header] as const] : [])));
  for (const file of files) {
    if (isShardIndex(file.path)) checkShardIndex(file.path, await readHashed(file), headers);
  }
}

/** Reads a small file again, and makes sure that it is still what was hashed. */
async function readHashed({ path, location, size, digest }: HashedFile): Promise<Uint8Array> {
  if (size > shardIndexLimitBytes) {
    throw new ContentError("LIMIT_EXCEEDED", `${path}: it has ${size} bytes, expected at most ${shardIndexLimitBytes}`);
  }
  const bytes = await readFile(location);
  if (digestOf(bytes) === digest) return bytes;
  throw new ContentError("DIGEST_MISMATCH", `${path}: it changed after it was hashed`);
}
