import { posix, win32 } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { comparePaths, findCollision, pathProblem } from "./file-path.ts";

describe("pathProblem: lets pass", () => {
  test.each([
    "model.safetensors",
    "onnx/model.onnx",
    ".gitattributes",
    "a/...b/c",
    "..a/b..c",
    "résumé/模型.json",
    "console.log",
    "com10.txt",
    "aux_data/nulls.json",
    "with space.txt",
    "log 12:00:00.txt",
  ])("%j", (path) => expect(pathProblem(path)).toBeUndefined());
});

describe("pathProblem: refuses", () => {
  test.each([
    ["", /empty/],
    ["/etc/passwd", /absolute/],
    ["../x", /"\.\."/],
    ["a/../../x", /"\.\."/],
    ["./x", /"\."/],
    ["a//b", /empty component/],
    ["a/", /empty component/],
    ["a\\..\\b", /backslash/],
    ["C:x", /drive letter/],
    ["c:/windows", /drive letter/],
    ["a\0b", /control/],
    ["a\nb", /control/],
    ["a\u009bb", /control/],
    ["gpj.\u202eexe", /control/],
    ["a\ud800", /Unicode/],
    ["CON", /device/],
    ["a/nul.txt", /device/],
    ["Com1.tar.gz", /device/],
    ["lpt¹", /device/],
    ["aux :x", /device/],
    ["a.json::$DATA", /another name/],
    ["aa:$i30:$index_allocation/b", /another name/],
    ["a./b", /dot or a space/],
    ["a ", /dot or a space/],
    ["x".repeat(256), /255 bytes/],
    ["é".repeat(128), /255 bytes/],
    ["abcdefg/".repeat(130), /1024 bytes/],
  ])("%j", (path, reason) => expect(pathProblem(path)).toMatch(reason));
});

test("pathProblem: whatever passes stays below the directory it is joined to", () => {
  const part = fc.oneof(fc.constantFrom("..", ".", "", "a", "C:", "\\", "\0"), fc.string());
  fc.assert(
    fc.property(fc.array(part, { maxLength: 6 }), (parts) => {
      const path = parts.join("/");
      if (pathProblem(path) !== undefined) return;
      expect(posix.resolve("/root", path).startsWith("/root/")).toBe(true);
      expect(win32.resolve("C:\\root", path).startsWith("C:\\root\\")).toBe(true);
    }),
  );
});

describe("findCollision", () => {
  test.each<[readonly string[], readonly [string, string] | undefined]>([
    [["a", "b", "a.txt"], undefined],
    [["dir/a", "dir/b", "dir2"], undefined],
    [
      ["a", "a"],
      ["a", "a"],
    ],
    [
      ["Model.bin", "model.bin"],
      ["Model.bin", "model.bin"],
    ],
    [
      ["STRASSE", "straße"],
      ["STRASSE", "straße"],
    ],
    [
      ["é", "e\u0301"],
      ["é", "e\u0301"],
    ],
    [
      ["a", "a/b"],
      ["a", "a/b"],
    ],
    [
      ["x/A/b", "x/a"],
      ["x/a", "x/A/b"],
    ],
  ])("%j", (paths, expected) => expect(findCollision(paths)).toEqual(expected));
});

test("comparePaths: orders by code unit, not by locale", () => {
  expect(["b", "a", "Z", "ä", "a"].sort(comparePaths)).toEqual(["Z", "a", "a", "b", "ä"]);
});
