import { Readable } from "node:stream";
import { extract } from "tar-stream";
import type { ByteStream } from "../base/bytes.ts";
import { modelFileLimit } from "../base/limits.ts";

/**
 * Lists the names in a tar archive while the whole of it is read; its bytes are verified when this returns names.
 *
 * @returns undefined when the bytes are no tar archive, or one of more than {@link modelFileLimit} members.
 * @throws whatever the stream ends with.
 */
export async function archiveMembers(stream: ByteStream): Promise<readonly string[] | undefined> {
  const names: string[] = [];
  const archive = extract();
  const source = Readable.from(stream, { objectMode: false });
  let failure: Error | undefined;
  source.on("error", (error) => {
    failure = error;
    // A parser whose source is gone would wait for more.
    archive.destroy(error);
  });
  source.pipe(archive);
  try {
    for await (const entry of archive) {
      names.push(entry.header.name);
      if (names.length > modelFileLimit) return undefined;
      entry.resume();
    }
  } catch {
    if (failure) throw failure;
    return undefined;
  } finally {
    source.destroy();
  }
  return names;
}
