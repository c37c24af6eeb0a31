import { expect } from "vitest";
import type { ByteStream } from "../base/bytes.ts";
import { collect } from "../base/bytes.ts";
import { isMregError } from "../base/errors.ts";

/** Expects a promise to be rejected by an mreg error with one of these codes; no code means any. Returns the error. */
export async function rejectsWith(work: Promise<unknown>, ...codes: readonly string[]): Promise<Error> {
  const error = await work.then(
    (value) => expect.fail(`expected a rejection with ${codes.join(" or ") || "an mreg error"}, got ${String(value)}`),
    (caught: unknown) => caught,
  );
  if (!isMregError(error)) throw error;
  if (codes.length > 0) expect(codes, error.message).toContain(error.code);
  return error;
}

/** Reads a stream to its end; 64 MiB is more than any test holds. */
export async function bytesOf(stream: ByteStream): Promise<Buffer> {
  return Buffer.from(await collect(stream, 64 * 1024 * 1024));
}

/** Takes everything out of an async list. */
export async function listOf<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}
