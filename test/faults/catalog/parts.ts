import assert from "node:assert/strict";
import { type Answer, answer, closeAfter } from "../../support/faults/index.ts";
import type { FaultCase, FaultGroup } from "../fault-case.ts";
import { longWeights } from "../model.ts";
import { pull } from "../transfer.ts";

/** A part that is asked for: which of the questions it is, and its first byte and the one behind its last. */
interface Part {
  readonly number: number;
  readonly start: number;
  readonly end: number;
}

const mebibyte = 1024 * 1024;
const total = longWeights.byteLength;
const rangeOf = ({ start, end }: Omit<Part, "number">) => ({ "content-range": `bytes ${start}-${end - 1}/${total}` });

/** Takes over answers to questions for parts of the blob; the others are the registry's. */
function onPart(make: (part: Part) => Answer | undefined): FaultCase["arrange"] {
  return async (world) => {
    let asked = 0;
    world.afterwards(() => assert.ok(asked > 1, "parts were asked for"));
    const arrange = pull({
      isLong: true,
      front: ({ route, headers }) => {
        const [, start, end] = /^bytes=(\d+)-(\d+)$/.exec(headers.range ?? "") ?? [];
        if (route !== "blob.get" || start === undefined) return undefined;
        return make({ number: ++asked, start: Number(start), end: Number(end) + 1 });
      },
    });
    return arrange(world);
  };
}

const cases: readonly FaultCase[] = [
  {
    id: "part-of-another-place",
    title: "a part that is of another place, as its Content-Range says",
    expected: "BAD_RESPONSE",
    requestsAtMost: 30,
    arrange: onPart(({ number, start, end }) => {
      const moved = { start: start - mebibyte, end: end - mebibyte };
      return number === 2 ? answer(206, rangeOf(moved), longWeights.subarray(moved.start, moved.end)) : undefined;
    }),
  },
  {
    id: "part-of-another-place-hidden",
    title: "the same, and Content-Range says what was asked for",
    expected: "DIGEST_MISMATCH",
    requestsAtMost: 30,
    arrange: onPart((part) => {
      const bytes = longWeights.subarray(part.start - mebibyte, part.end - mebibyte);
      return part.number === 2 ? answer(206, rangeOf(part), bytes) : undefined;
    }),
  },
  {
    id: "part-200",
    title: "200 with the whole blob to a question for a part",
    expected: "ok",
    how: "fetches the whole in one stream",
    requestsAtMost: 30,
    arrange: onPart(({ number }) => (number === 2 ? answer(200, {}, longWeights) : undefined)),
  },
  {
    id: "part-200-always",
    title: "the same for every part",
    expected: "ok",
    requestsAtMost: 30,
    arrange: onPart(() => answer(200, {}, longWeights)),
  },
  {
    id: "part-eof-once",
    title: "clean EOF in the middle of a part, once",
    expected: "ok",
    how: "asks for the rest of the part",
    requestsAtMost: 30,
    arrange: onPart((part) => {
      const bytes = longWeights.subarray(part.start, part.end);
      return part.number === 2 ? closeAfter(mebibyte, bytes, 206, rangeOf(part)) : undefined;
    }),
  },
  {
    id: "part-429-second",
    title: "429 to the second connection, once",
    expected: "ok",
    how: "asks again, over fewer connections",
    requestsAtMost: 30,
    arrange: onPart(({ number }) => (number === 2 ? answer(429) : undefined)),
  },
];

export const parts: FaultGroup = {
  title: "Parts of a download",
  about:
    "A blob of 36 MiB in a pull, fetched in parts of 4 MiB, longer ones where they come quickly, over one connection and more; without faults 5 to 11 requests, the fewer the quicker. After a failure there is no file under its name. The second question for a part goes wrong, unless the row says otherwise.",
  cases,
};
