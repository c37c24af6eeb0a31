import { decodeUtf8 } from "../../base/bytes.ts";
import { ContentError } from "../../base/errors.ts";
import { arrayAt, constantAt, countAt, objectAt, optionalAt, textAt, unexpected } from "../../base/shape.ts";
import { contentPieceRange, pieceLimitBytes } from "../../transfer/pieces/index.ts";
import { ModelError } from "../errors.ts";
import { pathProblem } from "../file-path.ts";
import { tensorIndexEntryLimit, tensorIndexLimitBytes } from "../limits.ts";
import { tensorIndexType } from "../media-types.ts";
import { quote } from "../weights/tensor.ts";
import type { IndexEntry, IndexedFile, TensorIndex } from "./document.ts";
import { tensorBytes } from "./tensor-bytes.ts";

/**
 * Reads a tensor index. It comes from a stranger, so that everything it says of itself is checked: entries cover each
 * file once and in order, names are unique, tensors are as long as their shape and type make them.
 *
 * Whether it is true of the files is not known here.
 *
 * @throws {@link ModelError} `CONFIG_INVALID`.
 * @throws {@link ContentError} `LIMIT_EXCEEDED` for one that is too long or has too many entries.
 */
export function parseTensorIndex(bytes: Uint8Array): TensorIndex {
  if (bytes.byteLength > tensorIndexLimitBytes) {
    const reason = `tensor index has ${bytes.byteLength} bytes, expected at most ${tensorIndexLimitBytes}`;
    throw new ContentError("LIMIT_EXCEEDED", reason);
  }
  const index = parseDocument(bytes);
  const entries = index.files.reduce((sum, file) => sum + file.entries.length, 0);
  if (entries > tensorIndexEntryLimit) {
    const reason = `tensor index has ${entries} entries, expected at most ${tensorIndexEntryLimit}`;
    throw new ContentError("LIMIT_EXCEEDED", reason);
  }
  const paths = new Set<string>();
  for (const file of index.files) {
    const problem = pathProblem(file.path) ?? (paths.has(file.path) ? "it appears twice" : undefined);
    if (problem) throw invalid(`the path ${quote(file.path)} is refused: ${problem}`);
    paths.add(file.path);
    checkFile(file);
  }
  return index;
}

function parseDocument(bytes: Uint8Array): TensorIndex {
  try {
    // Not parseStrictJson: its search for duplicate keys doubles the memory, and no signature depends on who read
    // which.
    const fields = objectAt(JSON.parse(decodeUtf8(bytes)), "");
    constantAt(fields["schemaVersion"], "schemaVersion", 1);
    constantAt(fields["mediaType"], "mediaType", tensorIndexType);
    arrayAt(fields["files"], "files", fileAt);
    return fields as unknown as TensorIndex;
  } catch (cause) {
    throw invalid((cause as Error).message.slice(0, 300), cause);
  }
}

function fileAt(value: unknown, at: string): void {
  const fields = objectAt(value, at);
  textAt(fields["path"], `${at}.path`);
  textAt(fields["digest"], `${at}.digest`, digestPattern);
  countAt(fields["size"], `${at}.size`);
  optionalAt(fields["contentSize"], `${at}.contentSize`, countAt);
  const { entries } = fields;
  if (!Array.isArray(entries)) throw unexpected(entries, `${at}.entries`, "an array");
  for (let index = 0; index < entries.length; index++) {
    const problem = entryProblem(entries[index]);
    if (problem) throw new TypeError(`${at}.entries[${index}] is not an entry: ${problem}`);
  }
}

const digestPattern = { regex: /^(?:sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$/, name: "a sha256 or sha512 digest" };

/** In words of its own and without a text for each place: there can be 100,000 of them. */
function entryProblem(value: unknown): string | undefined {
  if (typeof value !== "object" || value === null) return "expected an object";
  const { offset, length, sha256, name, dtype, shape, part } = value as Readonly<Record<string, unknown>>;
  if (!isCount(offset)) return "offset, expected a number of bytes";
  if (!isCount(length) || length === 0) return "length, expected a number of bytes above 0";
  if (typeof sha256 !== "string" || !/^[0-9a-f]{64}$/.test(sha256)) return "sha256, expected 64 lower-case hex digits";
  if (name !== undefined && typeof name !== "string") return "name, expected a string";
  if (dtype !== undefined && (typeof dtype !== "string" || dtype.length > 64)) return "dtype, expected a short string";
  if (shape !== undefined && !isShape(shape)) return "shape, expected at most 64 dimensions";
  if (part !== undefined && (!isCount(part) || part < 2)) return "part, expected a number from 2";
  return undefined;
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isShape(value: unknown): boolean {
  return Array.isArray(value) && value.length <= 64 && value.every(isCount);
}

function checkFile({ path, size, contentSize, entries }: IndexedFile): void {
  const refuse = (reason: string) => invalid(`${quote(path)}: ${reason}`);
  if (contentSize !== undefined && !isContentSize(contentSize)) {
    throw refuse(`content pieces of ${contentSize} bytes, expected a power of two from 64 KiB to 16 MiB`);
  }
  const limit = contentSize === undefined ? pieceLimitBytes : contentSize * 4;
  let position = 0;
  const tensors = new TensorChain(refuse);
  for (const entry of entries) {
    const { offset, length } = entry;
    if (offset !== position) {
      throw refuse(`${offset > position ? "hole" : "overlap"}: entry at byte ${offset}, expected ${position}`);
    }
    if (length > limit) throw refuse(`entry at byte ${offset} has ${length} bytes, expected at most ${limit}`);
    position += length;
    if (position > size) throw refuse(`entry at byte ${offset} ends at ${position}, but the file has ${size} bytes`);
    if (contentSize !== undefined && entry.name !== undefined) throw refuse("a content piece has a tensor's name");
    tensors.add(entry);
  }
  if (position !== size) throw refuse(`entries end at byte ${position}, but the file has ${size}`);
  tensors.end();
}

function isContentSize(bytes: number): boolean {
  const { min, max } = contentPieceRange;
  return Number.isInteger(Math.log2(bytes)) && bytes >= min && bytes <= max;
}

/** Follows the tensors through the entries of a file, each from its first part to its last. */
class TensorChain {
  readonly #refuse: (reason: string) => ModelError;
  readonly #names = new Set<string>();
  #name: string | undefined;
  #expected: number | undefined;
  #received = 0;
  #part = 0;

  constructor(refuse: (reason: string) => ModelError) {
    this.#refuse = refuse;
  }

  add({ name, dtype, shape, part, length }: IndexEntry): void {
    if (part !== undefined) {
      if (this.#name === undefined || name !== undefined || part !== this.#part + 1) {
        throw this.#refuse(`part ${part} does not follow the part before it`);
      }
      this.#part = part;
      this.#received += length;
      return;
    }
    this.end();
    if (name === undefined) {
      if (dtype !== undefined || shape !== undefined) throw this.#refuse("an entry has a dtype or shape, but no name");
      return;
    }
    if (dtype === undefined || shape === undefined) throw this.#refuse(`${quote(name)} lacks dtype or shape`);
    if (this.#names.has(name)) throw this.#refuse(`tensor ${quote(name)} appears twice`);
    this.#names.add(name);
    this.#name = name;
    this.#expected = tensorBytes(dtype, shape);
    this.#received = length;
    this.#part = 1;
  }

  /** Ends the present tensor, if there is one. */
  end(): void {
    if (this.#name !== undefined && this.#expected !== undefined && this.#expected !== this.#received) {
      const reason = `tensor ${quote(this.#name)} has ${this.#received} bytes, but its shape and dtype need ${this.#expected}`;
      throw this.#refuse(reason);
    }
    this.#name = undefined;
  }
}

function invalid(reason: string, cause?: unknown): ModelError {
  return new ModelError("CONFIG_INVALID", `invalid tensor index: ${reason}`, { cause });
}
