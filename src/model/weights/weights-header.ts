import { ModelError } from "../errors.ts";
import { parseGguf } from "./gguf.ts";
import type { RangeReader } from "./range-reader.ts";
import { parseSafetensors } from "./safetensors.ts";
import type { WeightsHeader } from "./tensor.ts";

/** Reads a header, or says by an error that names no file why it is unsafe. */
type HeaderParser = (read: RangeReader) => Promise<WeightsHeader>;

const parsers: Readonly<Record<string, HeaderParser>> = { ".safetensors": parseSafetensors, ".gguf": parseGguf };

/** First bytes of the text file that Git leaves in the place of weights it has not fetched. */
const lfsPointer = "version https://git-lfs";

/**
 * Reads what a weights file says about itself, without reading its tensors.
 *
 * @param path - chooses the parser by its extension; it appears in errors.
 * @returns undefined for formats that have no header mreg reads.
 * @throws {@link ModelError} `UNSAFE_FORMAT` when the header is truncated, contradicts itself or the file's size, or
 * names something unknown. Such a file must not be packed: readers that check less would read other memory than meant.
 */
export async function readWeightsHeader(read: RangeReader, path: string): Promise<WeightsHeader | undefined> {
  const parse = parserFor(path);
  if (!parse) return undefined;
  try {
    return await parse(read);
  } catch (cause) {
    if (!(cause instanceof ModelError)) throw cause;
    const reason = (await isLfsPointer(read)) ? "it is a Git LFS pointer, not the weights" : cause.message;
    throw new ModelError("UNSAFE_FORMAT", `${path}: ${reason}`, { cause, path });
  }
}

/** Whether a file of this name has a header that mreg reads. */
export function hasWeightsHeader(path: string): boolean {
  return parserFor(path) !== undefined;
}

function parserFor(path: string): HeaderParser | undefined {
  return parsers[path.slice(path.lastIndexOf(".")).toLowerCase()];
}

async function isLfsPointer(read: RangeReader): Promise<boolean> {
  if (read.size < lfsPointer.length) return false;
  return Buffer.from(await read.read(0, lfsPointer.length)).toString("latin1") === lfsPointer;
}
