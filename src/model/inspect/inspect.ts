import type { Digest } from "../../base/digest.ts";
import { documentLimitBytes } from "../../base/limits.ts";
import type { RangeFetcher } from "../../oci/content.ts";
import { fileKind } from "../kind.ts";
import type { FileKind } from "../media-types.ts";
import { readModelConfig } from "../model-config.ts";
import { walk } from "../push/walk.ts";
import type { ModelView, ModelViewFile } from "../view.ts";
import { blobReader, pathReader } from "../weights/range-reader.ts";
import { summarizeWeights, type WeightsSummary } from "../weights/weights-summary.ts";
import { gatherFacts, type ModelFacts } from "./inspect-facts.ts";
import { readTexts } from "./inspect-texts.ts";
import { inspectWeights, type WeightsInspection, type WeightsOptions } from "./inspect-weights.ts";
import type { InspectedFile } from "./inspected-file.ts";

/** What a look at a model tells, as plain data. Nothing of it is verified: it serves to show, never to decide. */
export interface ModelInspection extends ModelFacts {
  readonly format: ModelView["format"] | "directory";
  readonly files: readonly FileInspection[];
  readonly weights: readonly WeightsInspection[];
  /** Architecture, parameters, precision and quantisation, as weights and `config.json` tell them. */
  readonly summary: WeightsSummary;
  /** Bytes of all layers, or of all files of a directory. */
  readonly totalBytes: number;
  readonly hasTokenizer: boolean;
  readonly hasChatTemplate: boolean;
}

export interface FileInspection {
  readonly path: string;
  readonly kind: FileKind;
  readonly size: number;
  /** Of the layer; absent for a file of a directory. */
  readonly mediaType?: string;
  readonly digest?: Digest;
  /** Present when the layer holds many files. */
  readonly archive?: NonNullable<ModelViewFile["archive"]>;
}

/** How much is shown, and when to stop. */
export type InspectOptions = WeightsOptions;

/**
 * Looks into a model without downloading it: of each weights file only headers and structures are read, by ranges, and
 * of small files what tells about the model.
 *
 * A header that lies is reported, not thrown: whoever inspects wants to see it.
 */
export async function inspectModel(
  store: RangeFetcher,
  view: ModelView,
  options: InspectOptions = {},
): Promise<ModelInspection> {
  const files = view.files.map(({ path, kind, descriptor, archive }): InspectedFile => {
    const open: InspectedFile["open"] = (given) => blobReader(store, descriptor, given);
    return { path, kind, isRemote: true, ...(archive ? {} : { open }) };
  });
  const listed = view.files.map(({ path, kind, descriptor: { mediaType, digest, size }, archive }) => {
    return { path, kind, mediaType, digest, size, ...(archive ? { archive } : {}) };
  });
  return { format: view.format, files: listed, ...(await look(files, listed, options)) };
}

/**
 * Looks into a directory, or a file, on this machine, as {@link inspectModel} does into a model in a registry.
 *
 * @throws {@link ModelError} what `mreg push` would throw because of the files' names and links.
 */
export async function inspectDirectory(path: string, options: InspectOptions = {}): Promise<ModelInspection> {
  const walked = await walk([path], options.signal ? { signal: options.signal } : {});
  const listed = walked.map(({ path: name, size }) => ({ path: name, kind: fileKind(name), size }));
  const files = walked.map(({ path: name, location, size }): InspectedFile => {
    return { path: name, kind: fileKind(name), isRemote: false, open: () => pathReader(location, size) };
  });
  return { format: "directory", files: listed, ...(await look(files, listed, options)) };
}

async function look(
  files: readonly InspectedFile[],
  listed: readonly FileInspection[],
  options: InspectOptions,
): Promise<Omit<ModelInspection, "format" | "files">> {
  const looked = await inspectWeights(
    files.filter(({ kind, open }) => kind === "weight" && open),
    options,
  );
  const texts = await readTexts(files, options.signal);
  const facts = await gatherFacts(texts, looked);
  const names = files.map(({ path }) => path.slice(path.lastIndexOf("/") + 1));
  const config = texts.get("config.json")?.bytes ?? new Uint8Array();
  const sizes = new Map(listed.map(({ path, size }) => [path, size]));
  const weights = looked.map(({ inspection: { path }, header }) => {
    return { path, size: sizes.get(path) ?? 0, ...(header ? { header } : {}) };
  });
  const summary = summarizeWeights(weights, config.length > documentLimitBytes ? {} : readModelConfig(config));
  // Keras notes the class of a model beside its weights.
  const keras = looked.find(({ header }) => header?.format === "keras")?.header?.metadata["architecture"];
  return {
    weights: looked.map(({ inspection }) => inspection),
    summary: { ...(typeof keras === "string" ? { architecture: keras } : {}), ...summary },
    ...facts,
    totalBytes: listed.reduce((sum, { size }) => sum + size, 0),
    hasTokenizer: facts.tokenizer !== undefined || names.some((name) => /^tokenizer(?:\.|_config)/.test(name)),
    hasChatTemplate:
      facts.chatTemplates.length > 0 || names.some((name) => /^chat_template\.(?:jinja|json)$/.test(name)),
  };
}
