import { createHash } from "node:crypto";
import { type FileHandle, open } from "node:fs/promises";
import { type Digest, digestHex } from "../../base/digest.ts";
import { isMregError } from "../../base/errors.ts";
import type { ByteRange } from "../../oci/content.ts";
import { type LocalPiece, PieceHasher, pieceLimitBytes } from "../../transfer/pieces/index.ts";
import { fileReader } from "../weights/range-reader.ts";
import type { WeightsHeader } from "../weights/tensor.ts";
import { readWeightsHeader } from "../weights/weights-header.ts";
import type { IndexEntry, IndexedFile } from "./document.ts";
import { extensionOf, type LocalFile } from "./local-files.ts";

/**
 * Local bytes are read at most this many times what is wanted: beyond an older copy or two a search costs more than it
 * saves.
 */
const readFactor = 2;

/**
 * Stretches of a file, spread over it, that are looked at first: when none of so many is wanted, the file is a full
 * fine-tune or another model, and the rest is left alone. A file with a tenth in common is given up once in thirteen
 * times.
 */
const sampleCount = 24;

/** A reused stretch this short between two fetched ones is fetched with them: a request costs more than its bytes. */
const islandBytes = 64 * 1024;

/** Read size; at 1 MiB Node hashes as fast as openssl. */
const bufferBytes = 1024 * 1024;

export interface LocalSearchOptions {
  readonly signal?: AbortSignal | undefined;
  /** Told about local bytes read since the last call. */
  readonly onBytes?: ((count: number) => void) | undefined;
}

/**
 * Looks in local files for the pieces that wanted files consist of.
 *
 * Of safetensors, tensors of a wanted type, shape and length are hashed, whatever file or offset they are in; other
 * files are cut by content like the wanted ones. Only equal SHA-256 makes a match. A local file that cannot be read, or
 * whose header is not sound, holds nothing.
 *
 * @returns by digest of the wanted file, sorted and without overlaps; files of which nothing is here are absent.
 */
export async function findLocalPieces(
  wanted: readonly IndexedFile[],
  local: readonly LocalFile[],
  options: LocalSearchOptions = {},
): Promise<ReadonlyMap<Digest, readonly LocalPiece[]>> {
  const search = new Search(wanted, options);
  for (const file of byLikeness(local, wanted)) {
    if (search.isOver) break;
    try {
      await search.look(file);
    } catch (error) {
      if (!isSystemError(error)) throw error;
    }
  }
  const pieces = wanted.map(({ digest, entries }) => [digest, joinPieces(entries, search.found)] as const);
  return new Map(pieces.filter(([, found]) => found.length > 0));
}

/** A file that cannot be read to its end holds nothing. */
function isSystemError(error: unknown): boolean {
  return error instanceof Error && "syscall" in error;
}

interface Place {
  readonly location: string;
  readonly offset: number;
}

/** A stretch of a local file that may be wanted. */
interface Candidate extends ByteRange {
  readonly key: string;
}

class Search {
  /** Where content is, by the hex of its SHA-256. */
  readonly found = new Map<string, Place>();
  readonly #options: LocalSearchOptions;
  readonly #buffer = Buffer.allocUnsafeSlow(bufferBytes);
  /** SHA-256 of what is still missing: of tensors by what they look like, of content pieces by their mean length. */
  readonly #tensors = new Map<string, Set<string>>();
  readonly #contents = new Map<number, Set<string>>();
  readonly #contentExtensions = new Set<string>();
  #bytesLeft: number;

  constructor(wanted: readonly IndexedFile[], options: LocalSearchOptions) {
    this.#options = options;
    this.#bytesLeft = wanted.reduce((sum, { size }) => sum + size, 0) * readFactor;
    for (const { path, contentSize, entries } of wanted) {
      if (contentSize === undefined) this.#wantTensors(entries);
      else {
        this.#contentExtensions.add(extensionOf(path));
        for (const { sha256 } of entries) addTo(this.#contents, contentSize, sha256);
      }
    }
  }

  get isOver(): boolean {
    return this.#bytesLeft <= 0 || (this.#tensors.size === 0 && this.#contents.size === 0);
  }

  async look({ location, size }: LocalFile): Promise<void> {
    const file = await open(location, "r");
    try {
      const extension = extensionOf(location);
      // Caches name files by digest: what one of them is shows when it is read.
      const isNameless = extension === "";
      const header = await soundHeader(file, { location: isNameless ? "any.safetensors" : location, size });
      if (header?.format === "safetensors") await this.#lookAtTensors(file, location, header);
      else if (isNameless || this.#contentExtensions.has(extension)) await this.#lookAtContent(file, location, size);
    } finally {
      await file.close();
    }
  }

  #wantTensors(entries: readonly IndexEntry[]): void {
    let tensor: IndexEntry | undefined;
    for (const entry of entries) {
      if (entry.part === undefined) tensor = entry;
      const key = likeness(tensor?.name === undefined ? {} : tensor, entry.part ?? 1, entry.length);
      addTo(this.#tensors, key, entry.sha256);
    }
  }

  async #lookAtTensors(file: FileHandle, location: string, header: WeightsHeader): Promise<void> {
    const wanted = [...candidates(header)].filter(({ key }) => this.#tensors.has(key));
    // The header stays what it was in every fine-tune, and tells nothing.
    const isHeader = ({ end }: Candidate) => end <= header.headerBytes;
    for (const candidate of wanted.filter(isHeader)) await this.#lookAtTensor(file, location, candidate);
    const { sample, rest } = spread(wanted.filter((candidate) => !isHeader(candidate)));
    const before = this.found.size;
    for (const candidate of sample) await this.#lookAtTensor(file, location, candidate);
    if (this.found.size === before) return;
    for (const candidate of rest) await this.#lookAtTensor(file, location, candidate);
  }

  async #lookAtTensor(file: FileHandle, location: string, { key, start, end }: Candidate): Promise<void> {
    const missing = this.#tensors.get(key);
    if (!missing || this.#bytesLeft <= 0) return;
    const hash = createHash("sha256");
    if (!(await this.#read(file, { start, end }, (chunk) => void hash.update(chunk)))) return;
    const sha256 = hash.digest("hex");
    if (!missing.delete(sha256)) return;
    this.found.set(sha256, { location, offset: start });
    if (missing.size === 0) this.#tensors.delete(key);
  }

  async #lookAtContent(file: FileHandle, location: string, size: number): Promise<void> {
    for (const [mean, missing] of this.#contents) {
      if (this.#bytesLeft <= 0) return;
      const hasher = new PieceHasher({ kind: "content", size: mean });
      if (!(await this.#read(file, { start: 0, end: size }, (chunk) => hasher.update(chunk)))) return;
      for (const { start, digest } of hasher.end()) {
        const sha256 = digestHex(digest);
        if (missing.delete(sha256)) this.found.set(sha256, { location, offset: start });
      }
      if (missing.size === 0) this.#contents.delete(mean);
    }
  }

  /** Reads a stretch of a file. @returns false when the file ends before it. */
  async #read(file: FileHandle, { start, end }: ByteRange, onChunk: (chunk: Uint8Array) => void): Promise<boolean> {
    for (let position = start; position < end; ) {
      this.#options.signal?.throwIfAborted();
      const { bytesRead } = await file.read(this.#buffer, 0, Math.min(bufferBytes, end - position), position);
      if (bytesRead === 0) return false;
      onChunk(this.#buffer.subarray(0, bytesRead));
      this.#options.onBytes?.(bytesRead);
      this.#bytesLeft -= bytesRead;
      position += bytesRead;
    }
    return true;
  }
}

async function soundHeader(file: FileHandle, { location, size }: LocalFile): Promise<WeightsHeader | undefined> {
  try {
    return await readWeightsHeader(fileReader(file, size), location);
  } catch (error) {
    if (isMregError(error)) return undefined;
    throw error;
  }
}

/** The stretches of a weights file in the pieces that an index of it would have. */
function* candidates({ headerBytes, tensors }: WeightsHeader): Iterable<Candidate> {
  yield* parts({}, { start: 0, end: headerBytes });
  for (const tensor of tensors.toSorted((a, b) => a.offset - b.offset)) {
    yield* parts(tensor, { start: tensor.offset, end: tensor.offset + tensor.bytes });
  }
}

function* parts(tensor: TensorLook, range: ByteRange): Iterable<Candidate> {
  for (let { start } = range, part = 1; start < range.end; start += pieceLimitBytes, part++) {
    const end = Math.min(range.end, start + pieceLimitBytes);
    yield { start, end, key: likeness(tensor, part, end - start) };
  }
}

/** Takes some elements at equal distances, if there are many. */
function spread<T>(all: readonly T[]): { readonly sample: readonly T[]; readonly rest: readonly T[] } {
  const step = Math.max(1, Math.floor(all.length / sampleCount));
  return { sample: all.filter((_, at) => at % step === 0), rest: all.filter((_, at) => at % step !== 0) };
}

interface TensorLook {
  readonly dtype?: string | undefined;
  readonly shape?: readonly number[] | undefined;
}

/** Equal for stretches that are worth comparing. A dtype in an index is anybody's text, so it goes last. */
function likeness({ dtype = "", shape = [] }: TensorLook, part: number, length: number): string {
  return `${length} ${part} ${shape.join("x")} ${dtype}`;
}

function addTo<Key>(sets: Map<Key, Set<string>>, key: Key, value: string): void {
  const set = sets.get(key);
  if (set) set.add(value);
  else sets.set(key, new Set([value]));
}

/**
 * Files with the name of a wanted one first: there is where most pieces are, and what is found is not looked for again.
 */
function byLikeness(local: readonly LocalFile[], wanted: readonly IndexedFile[]): readonly LocalFile[] {
  const names = new Set(wanted.map(({ path }) => path.slice(path.lastIndexOf("/") + 1)));
  const isNamesake = ({ location }: LocalFile) => names.has(location.slice(location.search(/[^/\\]*$/)));
  return local.toSorted((a, b) => Number(isNamesake(b)) - Number(isNamesake(a)));
}

/** Makes one piece of neighbours in the same file, and drops islands. */
function joinPieces(entries: readonly IndexEntry[], found: ReadonlyMap<string, Place>): readonly LocalPiece[] {
  const joined: LocalPiece[] = [];
  for (const { offset: start, length, sha256 } of entries) {
    const place = found.get(sha256);
    if (!place) continue;
    const last = joined.at(-1);
    const goesOn =
      last?.end === start && last.location === place.location && last.offset + (start - last.start) === place.offset;
    if (last && goesOn) joined[joined.length - 1] = { ...last, end: start + length };
    else joined.push({ ...place, start, end: start + length });
  }
  const size = entries.reduce((sum, { length }) => sum + length, 0);
  return joined.filter(({ start, end }, at) => {
    const isIsland = start !== (joined[at - 1]?.end ?? 0) && end !== (joined[at + 1]?.start ?? size);
    return !isIsland || end - start >= islandBytes;
  });
}
