import { mapConcurrent } from "../../base/concurrency.ts";
import type { InspectedFile } from "./inspected-file.ts";

/** Files whose text tells about the model, and the most that is read of each from a registry. */
const wanted: readonly (readonly [name: RegExp, remoteBytes: number])[] = [
  [/^(?:config|adapter_config|model_index|chat_template|processor_config)\.json$/i, 64 * 1024],
  [/^(?:tokenizer|tokenizer_config)\.json$/i, 64 * 1024],
  [/^(?:chat_template|additional_chat_templates\/[^/]+)\.jinja2?$/i, 64 * 1024],
  [/^(?:.*\/)?MLmodel$/, 64 * 1024],
  [/^(?:.*\/)?requirements\.txt$/i, 16 * 1024],
  [/^README\.md$/i, 16 * 1024],
  [/^(?:licen[cs]e|copying)(?:[._-][^/]*)?$/i, 8 * 1024],
];

/** What is read of one file on this machine: tokenizers with their vocabularies. */
const localBytes = 64 * 1024 * 1024;

/** What is read in all from a registry, and how many files: a look takes some kilobytes. */
const remoteTotalBytes = 256 * 1024;
const fileLimit = 24;

/** The texts of a model's small files by path. A text is cut where it is longer than what is read; `isWhole` tells. */
export type InspectedTexts = ReadonlyMap<
  string,
  { readonly text: string; readonly bytes: Uint8Array; readonly isWhole: boolean }
>;

/** Reads the small files that tell about a model; JSON that is too long to be read whole is not read at all. */
export async function readTexts(
  files: readonly InspectedFile[],
  signal: AbortSignal | undefined,
): Promise<InspectedTexts> {
  let left = remoteTotalBytes;
  const chosen = files.flatMap((file) => {
    const remoteBytes = wanted.find(([name]) => name.test(file.path))?.[1];
    const read = remoteBytes === undefined ? undefined : file.open?.({ signal });
    if (!read || remoteBytes === undefined) return [];
    const limit = file.isRemote ? Math.min(remoteBytes, left) : localBytes;
    const length = Math.min(read.size, limit);
    if (length < read.size && !/\.md$|licen[cs]e|copying/i.test(file.path)) return [];
    if (file.isRemote) left -= length;
    return [{ path: file.path, read, length }];
  });
  const texts = await mapConcurrent(
    chosen.slice(0, fileLimit),
    4,
    async ({ path, read, length }) => {
      const bytes = await read.read(0, length);
      return [path, { text: Buffer.from(bytes).toString("utf8"), bytes, isWhole: length === read.size }] as const;
    },
    signal,
  );
  return new Map(texts);
}
