import { Readable } from "node:stream";
import { extract } from "tar-stream";
import type { ByteStream } from "../base/bytes.ts";

/**
 * Lists the names in a tar archive while the whole of it is read; its bytes are verified when this returns.
 *
 * @throws whatever the stream ends with, and the parser's error when it is no tar archive.
 */
export async function archiveMembers(stream: ByteStream): Promise<readonly string[]> {
  const names: string[] = [];
  const archive = extract();
  const source = Readable.from(stream, { objectMode: false });
  // A source that fails must end the parser, which would wait for more otherwise.
  source.on("error", (error) => archive.destroy(error));
  source.pipe(archive);
  try {
    for await (const entry of archive) {
      names.push(entry.header.name);
      entry.resume();
    }
  } finally {
    source.destroy();
  }
  return names;
}
