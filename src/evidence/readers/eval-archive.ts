import { crc32, zstdDecompressSync } from "node:zlib";
import { documentLimitBytes } from "../../base/limits.ts";
import { ModelError } from "../../model/errors.ts";
import { readZipDirectory, type ZipEntry } from "../../model/formats/zip/directory.ts";
import { openZipMember, readZipLocal, type ZipLocal } from "../../model/formats/zip/member.ts";
import { bytesReader, type RangeReader } from "../../model/weights/range-reader.ts";
import { EvidenceError } from "../errors.ts";
import type { EvidenceSource } from "../evidence-file.ts";

const zipMagic = Buffer.from("PK\x03\x04", "latin1");
const headerName = "header.json";

/** APPNOTE 4.4.5: what Inspect AI has written by default since 2026, and deflate before that. */
const zstandard = 93;

/** Central directory flags: encrypted, patched data, strong encryption. */
const sealedFlags = 0x61;

/**
 * Takes the header out of an `.eval` archive of Inspect AI, so that a log of any length is read in the room of its
 * header.
 *
 * @returns the source with its header; one that is no zip archive as it is.
 * @throws {@link EvidenceError} `EVIDENCE_INVALID` for an archive that two readers could read differently, or that
 * inflates beyond {@link documentLimitBytes}; `EVIDENCE_INCOMPLETE` for a log whose run has not ended.
 */
export async function unpackEvaluation(source: EvidenceSource): Promise<EvidenceSource> {
  if (!zipMagic.equals(source.bytes.subarray(0, zipMagic.length))) return source;
  try {
    return { ...source, header: await readHeader(bytesReader(source.bytes), source.path) };
  } catch (cause) {
    if (!(cause instanceof ModelError)) throw cause;
    throw new EvidenceError("EVIDENCE_INVALID", cause.message, { file: source.path, cause });
  }
}

async function readHeader(read: RangeReader, file: string): Promise<Uint8Array> {
  const refuse = (message: string) => new EvidenceError("EVIDENCE_INVALID", message, { file });
  const directory = await readZipDirectory(read);
  if (!directory) throw refuse("it starts like a zip archive, and has no directory");
  const [entry, ...others] = directory.entries.filter(({ name }) => name === headerName);
  if (!entry) {
    if (!directory.entries.some(({ name }) => name === "_journal/start.json")) {
      throw new EvidenceError("FORMAT_UNKNOWN", "it is a zip archive, expected an .eval log of Inspect AI", { file });
    }
    const message = "its run has not ended: there is a journal and no header.json";
    throw new EvidenceError("EVIDENCE_INCOMPLETE", message, { file, missing: [headerName] });
  }
  if (others.length > 0) throw refuse(`it has ${others.length + 1} members of the name ${headerName}, expected one`);
  if ((entry.flags & sealedFlags) !== 0) throw refuse(`${headerName} is encrypted or patched`);
  if (Math.max(entry.bytes, entry.compressedBytes) > documentLimitBytes) {
    throw refuse(`${headerName} has more than ${documentLimitBytes} bytes`);
  }
  const local = await readZipLocal(read, entry);
  if (local.name !== entry.name || local.method !== entry.method) {
    throw refuse(`${headerName} has another name or method in its local header`);
  }
  const bytes = await memberBytes(read, entry, local);
  if (bytes.byteLength > documentLimitBytes || bytes.byteLength !== entry.bytes || crc32(bytes) !== entry.crc32) {
    throw refuse(`${headerName} is not what its length and checksum say`);
  }
  return bytes;
}

async function memberBytes(read: RangeReader, entry: ZipEntry, local: ZipLocal): Promise<Uint8Array> {
  if (entry.method !== zstandard) {
    const { content } = await openZipMember(read, entry, local);
    return content.read(0, content.size);
  }
  const compressed = await read.read(local.dataStart, entry.compressedBytes);
  try {
    return zstdDecompressSync(compressed, { maxOutputLength: documentLimitBytes });
  } catch (cause) {
    throw new ModelError("UNSAFE_FORMAT", `${headerName} does not inflate: ${(cause as Error).message}`, { cause });
  }
}
