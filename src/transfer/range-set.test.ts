import fc from "fast-check";
import { expect, test } from "vitest";
import { RangeSet } from "./range-set.ts";

const size = 60;
const range = fc.tuple(fc.nat(size), fc.nat(size)).map(([a, b]) => ({ start: Math.min(a, b), end: Math.max(a, b) }));

test("RangeSet: is the set of the bytes that were added", () => {
  fc.assert(
    fc.property(fc.array(range, { maxLength: 30 }), range, (added, asked) => {
      const set = new RangeSet();
      const bytes = new Array<boolean>(size).fill(false);
      for (const each of added) {
        set.add(each);
        bytes.fill(true, each.start, each.end);
      }
      const firstGap = bytes.indexOf(false);
      expect(set.frontier).toBe(firstGap < 0 ? size : firstGap);
      expect(set.size).toBe(bytes.filter(Boolean).length);
      const gaps = set
        .missingIn(asked)
        .flatMap(({ start, end }) => Array.from({ length: end - start }, (_, i) => start + i));
      expect(gaps).toEqual([...bytes.keys()].slice(asked.start, asked.end).filter((at) => !bytes[at]));
    }),
  );
});
