import { PassThrough } from "node:stream";
import { expect, test } from "vitest";
import { PlainOutput } from "./output.ts";

/** An output that takes so many bytes at a time, and fails when it is told to. */
function output(takes: readonly (number | NodeJS.ErrnoException)[]) {
  const [written, stream, left] = [[] as Uint8Array[], new PassThrough(), [...takes]];
  const plain = new PlainOutput({
    openStream: () => stream,
    writeSome: (bytes) => {
      const take = left.shift() ?? bytes.byteLength;
      if (typeof take !== "number") throw take;
      written.push(bytes.subarray(0, take));
      return Math.min(take, bytes.byteLength);
    },
  });
  return {
    plain,
    stream,
    written: () => Buffer.concat(written).toString(),
    streamed: () => String(stream.read() ?? ""),
  };
}

const failure = (code: string) => Object.assign(new Error(`write ${code}`), { code });

test("what is taken in pieces is written in order, and then the writer is told", () => {
  const { plain, streamed, written } = output([1, 2]);
  const told: unknown[] = [];
  plain.write("äbcdef", (error) => told.push(error));
  plain.write(Buffer.from("g"));
  expect([written(), streamed(), told]).toEqual(["äbcdefg", "", [undefined]]);
});

test("what a slow reader cannot take at once goes through the stream, as does all that follows", () => {
  const { plain, streamed, written } = output([2, failure("EAGAIN")]);
  plain.write("abcdef");
  plain.write("ghi");
  expect([written(), streamed()]).toEqual(["ab", "cdefghi"]);
});

test("an error reaches the writer and the listeners, also those of the stream", () => {
  const [heard, told]: unknown[][] = [[], []];
  const closed = output([failure("EPIPE"), failure("EAGAIN")]);
  closed.plain.on("error", ({ code }) => heard?.push(code));
  closed.plain.write("a", (error) => told?.push((error as NodeJS.ErrnoException).code));
  expect([heard, told]).toEqual([["EPIPE"], ["EPIPE"]]);
  closed.plain.write("b");
  closed.stream.emit("error", failure("EIO"));
  expect(heard).toEqual(["EPIPE", "EIO"]);
});
