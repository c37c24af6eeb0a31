import { expect, test } from "vitest";
import { type Part, PartQueue } from "./parts.ts";

const mebibyte = 1024 * 1024;

/** Lets a part arrive from `fromMs` to `toMs`. @returns its length in MiB. */
function arrive(queue: PartQueue, part: Part | undefined, toMs: number): number {
  if (!part) return 0;
  const { rest } = part;
  part.came(rest, toMs);
  queue.end(part, toMs);
  return rest / mebibyte;
}

test.each([
  ["fast enough for all of the rest", 10, [4, 60]],
  ["as fast as four parts in a second", 250, [4, 16, 16, 16, 12]],
  ["slow", 4_000, [4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4]],
])(
  "PartQueue: after a first part, a connection that is %s is asked for what it brings in a second",
  (_, ms, lengths) => {
    const queue = new PartQueue([{ start: 0, end: 64 * mebibyte }], 4 * mebibyte);
    const came: number[] = [];
    for (let at = 0; !queue.isDone; ) {
      const part = queue.take(at);
      at += ((part?.rest ?? 0) / (4 * mebibyte)) * ms;
      came.push(arrive(queue, part, at));
    }
    expect(came).toEqual(lengths);
  },
);

test("PartQueue: parts end at multiples of the first length, also where some bytes were there already", () => {
  const queue = new PartQueue([{ start: 1_000, end: 64 * mebibyte }], 4 * mebibyte);
  const first = queue.take(0);
  expect(first).toMatchObject({ start: 1_000, end: 4 * mebibyte });
  arrive(queue, first, 500);
  expect(queue.take(500)).toMatchObject({ start: 4 * mebibyte, end: 8 * mebibyte });
});

test("PartQueue: a burst of some bytes is not taken for speed", () => {
  const queue = new PartQueue([{ start: 0, end: 64 * mebibyte }], 4 * mebibyte);
  const first = queue.take(0) as Part;
  first.came(1_000, 1);
  queue.end(first, 1);
  expect(queue.take(1)).toMatchObject({ start: 1_000, end: 4 * mebibyte });
});
