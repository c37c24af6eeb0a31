import type { Socket } from "node:net";

/** What a write says when the other side has hung up. */
const hangUps: ReadonlySet<string | undefined> = new Set(["EPIPE", "ECONNRESET"]);

type WriteDone = (error?: NodeJS.ErrnoException | null) => void;

/**
 * Makes a socket on which the other side has hung up be read to its end before a write fails.
 *
 * A server or a proxy that refuses a body answers before it has read it and closes the connection. Its answer lies in
 * the system's buffer when our next write fails, and Node destroys a socket whose write failed without reading on: a
 * 403 or a 413 would be lost, and the same body sent again. The failed write is told when reading has ended, one way or
 * the other; that something ends it is the business of the exchange's watchdog.
 */
export function hearLastWords(socket: Socket): void {
  const held: (() => void)[] = [];
  const release = () => {
    for (const tell of held.splice(0)) tell();
  };
  // `end` comes after the last byte was taken.
  for (const moment of ["end", "error", "close"] as const) socket.once(moment, release);
  const later =
    (done: WriteDone): WriteDone =>
    (error) => {
      if (error && hangUps.has(error.code) && !socket.destroyed && !socket.readableEnded) held.push(() => done(error));
      else done(error);
    };
  const write = socket._write.bind(socket);
  const writeAll = socket._writev?.bind(socket);
  socket._write = (chunk, encoding, done) => write(chunk, encoding, later(done));
  if (writeAll) socket._writev = (chunks, done) => writeAll(chunks, later(done));
}
