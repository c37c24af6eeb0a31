import { mapConcurrent } from "../../base/concurrency.ts";
import type { Digest } from "../../base/digest.ts";
import { hasCode } from "../../base/errors.ts";
import type { CallOptions, ReadOnlyGraphTarget } from "../../oci/content.ts";
import type { Descriptor } from "../../oci/descriptor.ts";
import { comparePaths } from "../file-path.ts";
import { describeWeights } from "../formats/describe.ts";
import { remoteLimits } from "../inspect/inspect-weights.ts";
import { readModel } from "../read.ts";
import { type FoundIndexes, findTensorIndexes } from "../tensor-index/find.ts";
import type { ModelView, ModelViewFile } from "../view.ts";
import { blobReader, limitedReader, readAhead } from "../weights/range-reader.ts";
import type { WeightsHeader } from "../weights/tensor.ts";
import { readWeightsHeader } from "../weights/weights-header.ts";
import { diffFields, type FieldDifference } from "./field-diff.ts";
import { type ChangedFile, diffMetadata, diffSettings, type SettingDifference } from "./settings-diff.ts";
import { diffTensors, headerTensors, indexedTensors, type TensorDiff, type TensorFacts } from "./tensor-diff.ts";

/** A version of a model, in a store of its own. */
export interface DiffSide {
  readonly store: ReadOnlyGraphTarget;
  readonly target: Descriptor;
}

export interface FileSide {
  readonly path: string;
  readonly digest: Digest;
  /** Bytes. */
  readonly size: number;
}

/** `moved`: the same content under another path. */
export interface FileDifference {
  readonly change: "added" | "removed" | "changed" | "moved";
  readonly before?: FileSide;
  readonly after?: FileSide;
}

/** Referrers of one kind, as the registry lists them: hints by whoever attached them, nothing is verified. */
export interface EvidenceDifference {
  readonly kind: string;
  readonly before: number;
  readonly after: number;
}

export interface ModelDiff {
  readonly isSame: boolean;
  /** Sorted by path. */
  readonly files: readonly FileDifference[];
  /** Number of files that are the same under the same path. */
  readonly sameFiles: number;
  readonly config: readonly FieldDifference[];
  readonly annotations: readonly FieldDifference[];
  /** Fields of configurations in JSON, and of what weights say of themselves, under one path in both versions. */
  readonly settings: readonly SettingDifference[];
  /** In weights files that differ. */
  readonly tensors: TensorDiff;
  /** Every kind that either version has. */
  readonly evidence: readonly EvidenceDifference[];
  /** What could not be compared, and why. */
  readonly problems: readonly string[];
}

/**
 * Compares two versions without downloading weights: manifests, configs, and of weights files that differ the indexes
 * attached to the versions or, where there are none, the headers by Range.
 *
 * @throws {@link ModelError} and store errors when one of the versions cannot be read.
 */
export async function diffModels(before: DiffSide, after: DiffSide, options: CallOptions = {}): Promise<ModelDiff> {
  const views = { before: await open(before, options), after: await open(after, options) };
  const { files, sameFiles } = diffFiles(views.before.files, views.after.files);
  // The tensors of a file that has moved are all the same.
  const different = files.filter(({ change }) => change !== "moved");
  const old = await readTensors(before, { view: views.before, files: different.map((file) => file.before) }, options);
  const now = await readTensors(after, { view: views.after, files: different.map((file) => file.after) }, options);
  const changed = changedFiles(views.before, views.after);
  const settings = await diffSettings(changed, { before: before.store, after: after.store }, options);
  return {
    isSame: before.target.digest === after.target.digest,
    files,
    sameFiles,
    config: diffFields(withoutLayers(views.before), withoutLayers(views.after)),
    annotations: diffFields(views.before.annotations, views.after.annotations),
    settings: [...settings, ...diffMetadata(old.metadata, now.metadata)],
    tensors: diffTensors(old.tensors, now.tensors),
    evidence: await diffEvidence(before, after, options),
    problems: [...old.problems, ...now.problems],
  };
}

function open({ store, target }: DiffSide, options: CallOptions): Promise<ModelView> {
  return readModel(store, target, options);
}

function changedFiles(before: ModelView, after: ModelView): readonly ChangedFile[] {
  const old = new Map(before.files.flatMap((file) => (file.archive ? [] : [[file.path, file.descriptor] as const])));
  return after.files.flatMap(({ path, descriptor, archive }) => {
    const other = archive ? undefined : old.get(path);
    return other && other.digest !== descriptor.digest ? [{ path, before: other, after: descriptor }] : [];
  });
}

/** The digests of layers are in the config, too; that they differ is told by the files. */
function withoutLayers({ config }: ModelView): Readonly<Record<string, unknown>> {
  if (!config) return {};
  const { modelfs: _modelfs, ...rest } = config as Readonly<Record<string, unknown>>;
  return rest;
}

function diffFiles(
  before: readonly ModelViewFile[],
  after: readonly ModelViewFile[],
): { readonly files: readonly FileDifference[]; readonly sameFiles: number } {
  const old = new Map(before.map((file) => [file.path, sideOf(file)]));
  const now = new Map(after.map((file) => [file.path, sideOf(file)]));
  const files: FileDifference[] = [];
  const added = new Map<Digest, FileSide[]>();
  let sameFiles = 0;
  for (const side of now.values()) {
    const other = old.get(side.path);
    if (!other) added.set(side.digest, [...(added.get(side.digest) ?? []), side]);
    else if (other.digest === side.digest) sameFiles++;
    else files.push({ change: "changed", before: other, after: side });
  }
  for (const side of old.values()) {
    if (now.has(side.path)) continue;
    const moved = added.get(side.digest)?.shift();
    files.push(moved ? { change: "moved", before: side, after: moved } : { change: "removed", before: side });
  }
  for (const side of [...added.values()].flat()) files.push({ change: "added", after: side });
  const pathOf = ({ before: left, after: right }: FileDifference) => (right ?? left)?.path ?? "";
  return { files: files.sort((a, b) => comparePaths(pathOf(a), pathOf(b))), sameFiles };
}

function sideOf({ path, descriptor: { digest, size } }: ModelViewFile): FileSide {
  return { path, digest, size };
}

interface ReadTensors {
  readonly tensors: readonly TensorFacts[];
  /** Of the files that were looked into, by path. */
  readonly metadata: ReadonlyMap<string, WeightsHeader["metadata"]>;
  readonly problems: readonly string[];
}

interface WantedTensors {
  readonly view: ModelView;
  /** Those that differ; the tensors of the others need no look. */
  readonly files: readonly (FileSide | undefined)[];
}

async function readTensors(
  { store, target }: DiffSide,
  { view, files }: WantedTensors,
  options: CallOptions,
): Promise<ReadTensors> {
  const paths = new Set(files.map((file) => file?.path));
  const weights = view.files.filter(({ path, kind, archive }) => kind === "weight" && !archive && paths.has(path));
  if (weights.length === 0) return { tensors: [], metadata: new Map(), problems: [] };
  const layers = weights.map(({ descriptor }) => descriptor);
  const indexes = await findTensorIndexes(store, target, layers, options);
  const problems = [...indexes.problems];
  const metadata = new Map<string, WeightsHeader["metadata"]>();
  const tensors = await mapConcurrent(
    weights,
    4,
    async (file, signal) => {
      try {
        return await tensorsOf(store, { file, indexes, metadata }, { signal });
      } catch (error) {
        if (!hasCode(error, "UNSAFE_FORMAT")) throw error;
        // Errors of headers name the file, those of other formats do not.
        problems.push(error.message.startsWith(file.path) ? error.message : `${file.path}: ${error.message}`);
        return [];
      }
    },
    options.signal,
  );
  return { tensors: tensors.flat(), metadata, problems };
}

/** As in inspect: the headers of most shards fit. */
const firstReadBytes = 16 * 1024;

async function tensorsOf(
  store: ReadOnlyGraphTarget,
  { file, indexes, metadata }: WantedFile,
  options: CallOptions,
): Promise<readonly TensorFacts[]> {
  const { path, descriptor } = file;
  const indexed = indexes.files.get(descriptor.digest);
  // Content pieces have no names.
  if (indexed && indexed.contentSize === undefined) return indexedTensors({ ...indexed, path });
  const blob = blobReader(store, descriptor, options);
  const header = await readWeightsHeader(readAhead(blob, firstReadBytes), path);
  const description = header ?? (await describeWeights(limitedReader(blob, remoteLimits(path)), path));
  if (description) metadata.set(path, description.metadata);
  if (header) return headerTensors(path, header.tensors);
  return (description?.tensors ?? []).map(({ name, dtype, shape }) => ({ name, path, dtype, shape }));
}

interface WantedFile {
  readonly file: ModelViewFile;
  readonly indexes: FoundIndexes;
  /** Takes what the file says of itself. */
  readonly metadata: Map<string, WeightsHeader["metadata"]>;
}

async function diffEvidence(before: DiffSide, after: DiffSide, options: CallOptions): Promise<EvidenceDifference[]> {
  const [old, now] = [await countEvidence(before, options), await countEvidence(after, options)];
  const kinds = [...new Set([...old.keys(), ...now.keys()])].sort();
  return kinds.map((kind) => ({ kind, before: old.get(kind) ?? 0, after: now.get(kind) ?? 0 }));
}

async function countEvidence({ store, target }: DiffSide, options: CallOptions): Promise<ReadonlyMap<string, number>> {
  const counts = new Map<string, number>();
  for await (const { annotations, artifactType, mediaType } of store.referrers(target, options)) {
    const kind =
      annotations?.["dev.sigstore.bundle.predicateType"] ?? annotations?.["dev.mreg.kind"] ?? artifactType ?? mediaType;
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
  return counts;
}
