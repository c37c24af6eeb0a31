import { mapConcurrent } from "../../base/concurrency.ts";
import { hasCode } from "../../base/errors.ts";
import type { CallOptions, RangeFetcher } from "../../oci/content.ts";
import type { Descriptor } from "../../oci/descriptor.ts";
import { blobReader } from "../weights/range-reader.ts";
import type { WeightsHeader } from "../weights/tensor.ts";
import { diffFields, type FieldDifference } from "./field-diff.ts";

/** A field of a file that differs. */
export interface SettingDifference extends FieldDifference {
  readonly path: string;
}

/** Configurations of one or two kilobytes; the longest published have some ten, and vocabularies are no settings. */
const settings =
  /(?:^|\/)(?:config|generation_config|adapter_config|tokenizer_config|preprocessor_config|processor_config|model_index)\.json$/i;
const settingsLimitBytes = 64 * 1024;

/** Differences that are told of one file. */
const differenceLimit = 200;

/** A file of both versions whose content differs. */
export interface ChangedFile {
  readonly path: string;
  readonly before: Descriptor;
  readonly after: Descriptor;
}

interface Stores {
  readonly before: RangeFetcher;
  readonly after: RangeFetcher;
}

/** Compares configurations in JSON field by field. What is too long or no JSON is told by the files alone. */
export async function diffSettings(
  files: readonly ChangedFile[],
  { before, after }: Stores,
  { signal }: CallOptions,
): Promise<readonly SettingDifference[]> {
  const wanted = files.filter(
    (file) => settings.test(file.path) && Math.max(file.before.size, file.after.size) <= settingsLimitBytes,
  );
  const found = await mapConcurrent(
    wanted,
    4,
    async (file, abort) => {
      const sides = [await readJson(before, file.before, abort), await readJson(after, file.after, abort)];
      if (sides.some((side) => side === undefined)) return [];
      return named(file.path, diffFields(sides[0], sides[1]));
    },
    signal,
  );
  return found.flat();
}

/** Compares what weights of one path say of themselves: metadata of safetensors, GGUF and others. */
export function diffMetadata(
  before: ReadonlyMap<string, WeightsHeader["metadata"]>,
  after: ReadonlyMap<string, WeightsHeader["metadata"]>,
): readonly SettingDifference[] {
  return [...before].flatMap(([path, metadata]) => {
    const other = after.get(path);
    if (!other) return [];
    // Keys have dots, so that the map is flat already.
    const keys = [...new Set([...Object.keys(metadata), ...Object.keys(other)])].sort();
    return named(
      path,
      keys.flatMap((field) =>
        diffFields({ value: metadata[field] }, { value: other[field] }).map((one) => ({ ...one, field })),
      ),
    );
  });
}

function named(path: string, fields: readonly FieldDifference[]): readonly SettingDifference[] {
  return fields.slice(0, differenceLimit).map((field) => ({ path, ...field }));
}

async function readJson(store: RangeFetcher, target: Descriptor, signal: AbortSignal): Promise<unknown> {
  try {
    const bytes = await blobReader(store, target, { signal }).read(0, target.size);
    return JSON.parse(Buffer.from(bytes).toString("utf8")) as unknown;
  } catch (error) {
    if (error instanceof SyntaxError || hasCode(error, "SIZE_MISMATCH")) return undefined;
    throw error;
  }
}
