import { expect, test } from "vitest";
import { z } from "zod";
import { schemaProblems } from "./schema-problems.ts";

const Shape = z.strictObject({ name: z.string(), results: z.array(z.object({ value: z.string() })) });
const problemsOf = (value: unknown): string => {
  const { error } = Shape.safeParse(value);
  if (!error) throw new Error("it is valid");
  return schemaProblems(error);
};

test("schemaProblems: one line, each problem with its place", () => {
  const text = problemsOf({ name: 1, results: [{ value: "1" }, {}] });
  expect(text).toMatch(/^name: Invalid input: expected string.*; results\.1\.value: Invalid input: expected string/);
  expect(problemsOf(7)).toMatch(/^Invalid input: expected object/);
});

test("schemaProblems: at most five, none long, and no control characters of the document", () => {
  expect(problemsOf({ name: "x", results: Array(8).fill({}) })).toMatch(/results\.4\.value: [^;]+; and 3 more$/);
  const hostile = problemsOf({ name: "x", results: [], [`a\n\u001b[2Jb${"c".repeat(1_000)}`]: 1 });
  expect(hostile).not.toMatch(/\p{Cc}/u);
  expect(hostile.length).toBeLessThan(400);
});
