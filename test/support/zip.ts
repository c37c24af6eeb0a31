import { crc32, deflateRawSync, zstdCompressSync } from "node:zlib";

/** A member of an archive, with what its headers say that is not so. */
export interface ZipMember {
  readonly name: string;
  readonly content: string | Uint8Array;
  readonly deflated?: boolean;
  /** Compressed by method 93, as Inspect AI does. */
  readonly zstandard?: boolean;
  readonly flags?: number;
  readonly crc?: number;
  /** In the local header, which readers that go by the directory do not look at. */
  readonly localName?: string;
  readonly localSignature?: string;
  /** Bytes behind the member that belong to none. */
  readonly gap?: number;
}

const raw = (text: string) => Buffer.from(text, "latin1");

/** Writes a zip archive byte by byte, so that it can be wrong. */
export function zipOf(members: readonly ZipMember[]): Buffer {
  const locals: Buffer[] = [];
  const entries: Buffer[] = [];
  let position = 0;
  for (const {
    name,
    content,
    deflated = false,
    zstandard = false,
    flags = 0,
    crc,
    localName = name,
    localSignature,
    gap = 0,
  } of members) {
    const bytes = typeof content === "string" ? raw(content) : Buffer.from(content);
    const stored = zstandard ? zstdCompressSync(bytes) : deflated ? deflateRawSync(bytes) : bytes;
    const shared = Buffer.alloc(26);
    shared.writeUInt16LE(flags, 2);
    shared.writeUInt16LE(zstandard ? 93 : deflated ? 8 : 0, 4);
    shared.writeUInt32LE(crc ?? crc32(bytes), 10);
    shared.writeUInt32LE(stored.length, 14);
    shared.writeUInt32LE(bytes.length, 18);
    shared.writeUInt16LE(localName.length, 22);
    const local = Buffer.concat([
      raw(localSignature ?? "PK\x03\x04"),
      shared,
      raw(localName),
      stored,
      Buffer.alloc(gap),
    ]);
    const head = Buffer.from(shared);
    head.writeUInt16LE(name.length, 22);
    const tail = Buffer.alloc(14);
    tail.writeUInt32LE(position, 10);
    entries.push(Buffer.concat([raw("PK\x01\x02\0\0"), head, tail, raw(name)]));
    locals.push(local);
    position += local.length;
  }
  const directory = Buffer.concat(entries);
  const end = Buffer.alloc(22);
  end.write("PK\x05\x06", "latin1");
  end.writeUInt16LE(members.length, 8);
  end.writeUInt16LE(members.length, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(position, 16);
  return Buffer.concat([...locals, directory, end]);
}
