import { expect, test } from "vitest";
import type { Digest } from "../../base/digest.ts";
import { manifestLimitBytes } from "../../base/limits.ts";
import { fileKind } from "../kind.ts";
import { describeLayer, epoch } from "../push/layer.ts";
import type { WalkedFile } from "../push/walk.ts";
import { gatherSmall } from "./archive.ts";

const files = (count: number, extension: string) =>
  Array.from({ length: count }, (_, index): WalkedFile => {
    const identity = { dev: 1n, ino: BigInt(index), size: 4096n, mtimeNs: 0n, ctimeNs: 0n };
    return { path: `${index}.${extension}`, location: `/${index}.${extension}`, size: 4096, identity };
  });

test("gatherSmall: refuses more weights than a manifest holds before the first is read, and says what to do", () => {
  const gather = () => gatherSmall(files(10_000, "bin"), fileKind);
  expect(gather).toThrow(expect.objectContaining({ code: "CONFIG_INVALID" }));
  expect(gather).toThrow(/^10000 files.*join small ones/);
});

test("gatherSmall: takes as many files of any other kind", () => {
  const { archives, loose } = gatherSmall(files(10_000, "json"), fileKind);
  expect(archives.map(({ members }) => members.length)).toEqual([10_000]);
  expect(loose).toEqual([]);
});

test("gatherSmall: refuses nothing that has room", () => {
  const digest = `sha256:${"0".repeat(64)}` as Digest;
  let [count, bytes] = [0, 0];
  while (bytes <= manifestLimitBytes) {
    const path = `${count++}.bin`;
    bytes += JSON.stringify(
      describeLayer({ path, kind: "doc", encoding: "raw", digest, size: 1, mtime: epoch, isTested: true }),
    ).length;
  }
  expect(gatherSmall(files(count - 1, "bin"), fileKind).loose).toHaveLength(count - 1);
});
