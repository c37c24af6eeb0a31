import { expect, test } from "vitest";
import { median, ratio } from "./statistics.ts";

test("the median is the middle, or the mean of the two middle ones", () => {
  expect(median([3, 1, 2])).toBe(2);
  expect(median([4, 1, 2, 3])).toBe(2.5);
  expect(median([7])).toBe(7);
  expect(median([])).toBeNaN();
});

test("a ratio compares each round with itself: a slow minute slows both", () => {
  expect(ratio([1, 10, 3], [2, 20, 4])).toEqual({ median: 0.5, min: 0.5, max: 0.75, count: 3 });
});

test("only rounds that both ran count", () => {
  expect(ratio([1, 1, 1], [2])).toEqual({ median: 0.5, min: 0.5, max: 0.5, count: 1 });
  expect(ratio([], [1])).toBeUndefined();
});
