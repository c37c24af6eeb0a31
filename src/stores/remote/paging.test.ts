import { describe, expect, it } from "vitest";
import { nextLink } from "./paging.ts";

describe("nextLink", () => {
  for (const [line, expected] of [
    ['</v2/a/tags/list?last=b&n=2>; rel="next"', "/v2/a/tags/list?last=b&n=2"],
    ["</x>; rel=next", "/x"],
    ["</x>;rel=NEXT", "/x"],
    ['</x>; title="a, b"; rel="next"', "/x"],
    ['</first>; rel="first", </x?a=1,2>; rel="next"', "/x?a=1,2"],
    ['</x>; rel="last next"', "/x"],
    ['</x>; rel="prev"', undefined],
    ['</x>; rel="nextish"', undefined],
    ["</x>", undefined],
    ["nonsense", undefined],
    ["", undefined],
  ] as const) {
    it(`${line || "nothing"} leads to ${expected}`, () => expect(nextLink([line])).toBe(expected));
  }

  it("looks through several header lines", () => {
    expect(nextLink(['</a>; rel="prev"', '</b>; rel="next"'])).toBe("/b");
    expect(nextLink([])).toBeUndefined();
  });
});
