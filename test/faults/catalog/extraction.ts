import assert from "node:assert/strict";
import { mkdir, readdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { type Header, pack } from "tar-stream";
import type { ByteStream } from "../../../src/base/bytes.ts";
import { pullModel } from "../../../src/model/index.ts";
import { MemoryRegistry } from "../../../src/stores/memory/index.ts";
import { type ForeignLayer, pushForeign, titled } from "../../support/artifacts.ts";
import { bytesOf } from "../../support/expect.ts";
import { readTree } from "../../support/scratch.ts";
import type { FaultCase, FaultGroup } from "../fault-case.ts";

type TarEntry = Partial<Header> & { readonly name: string };

const evil = "evil";
const tarType = "application/vnd.cncf.model.code.v1.tar";

interface Extraction {
  readonly layers: () => Promise<readonly ForeignLayer[]> | readonly ForeignLayer[];
  /** Made in the directory before; `outside` is a directory that must stay as it is. */
  readonly before?: (directory: string, outside: string) => Promise<unknown>;
  readonly overwrite?: boolean;
}

/** Pulls a hostile artifact; whatever comes of it, nothing of it may be anywhere. */
function extract({ layers, before, overwrite = false }: Extraction): FaultCase["arrange"] {
  return async (world) => {
    const root = await world.directory();
    const [directory, outside] = [join(root, "deep/er/out"), join(root, "outside")];
    await mkdir(outside);
    await writeFile(join(outside, "precious"), "p");
    if (before) await mkdir(directory, { recursive: true });
    await before?.(directory, outside);
    const store = new MemoryRegistry().repository("m");
    const target = await pushForeign(store, { layers: await layers() });
    world.afterwards(async () => {
      assert.deepEqual(await readTree(outside), { precious: "p" }, "the directory outside");
      const files = (await readdir(root, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
      const contents = await Promise.all(files.map(({ parentPath, name }) => readFile(join(parentPath, name), "utf8")));
      assert.ok(!contents.includes(evil), "a file of the artifact is on the disk");
    });
    return () => pullModel(store, target, directory, { overwrite });
  };
}

async function tar(...entries: readonly TarEntry[]): Promise<ForeignLayer> {
  const archive = pack();
  for (const entry of entries) archive.entry(entry, (entry.type ?? "file") === "file" ? evil : "");
  archive.finalize();
  return { content: await bytesOf(archive as unknown as ByteStream), mediaType: tarType };
}

const title = (id: string, text: string, path: string, more: Partial<FaultCase> = {}): FaultCase => ({
  id,
  title: `title ${text}`,
  expected: "PATH_ESCAPE",
  requestsAtMost: 0,
  arrange: extract({ layers: () => [titled(path, evil)] }),
  ...more,
});

const archive = (id: string, text: string, entries: readonly TarEntry[], more: Partial<FaultCase> = {}): FaultCase => ({
  id,
  title: `archive with ${text}`,
  expected: "PATH_ESCAPE",
  requestsAtMost: 0,
  arrange: extract({ layers: async () => [await tar(...entries)] }),
  ...more,
});

const two = (id: string, text: string, one: string, other: string): FaultCase => ({
  ...title(id, "", ""),
  title: text,
  expected: "CONFIG_INVALID",
  arrange: extract({ layers: () => [titled(one, evil), titled(other, evil)] }),
});

const paths = {
  oras: "refused unless --allow-path-traversal",
  regctl: "n/a (layout)",
  crane: "n/a",
  skopeo: "n/a",
  ctr: "n/a",
};

const cases: readonly FaultCase[] = [
  title("title-parent", "`../../x`", "../../x", { peers: paths }),
  title("title-parent-inside", "`a/../../x`", "a/../../x"),
  title("title-absolute", "`/abs`", "/tmp/mreg-fault-abs", { peers: paths }),
  title("title-drive", "`C:\\x`, a drive", "C:\\x"),
  title("title-drive-relative", "`C:x`, a drive's own directory", "C:x"),
  title("title-unc", "`\\\\host\\share`, a UNC path", "\\\\host\\share\\x"),
  title("title-nul", "with NUL in it", "a\0.txt"),
  title("title-trailing-dot", "that ends in a dot", "a."),
  title("title-trailing-space", "that ends in a space", "a "),
  title("title-device", "`nul.txt`, a device of Windows", "nul.txt"),
  title("title-stream", "`x.json::$DATA`, which is x.json on Windows", "x.json::$DATA"),
  title("title-staging", "inside mreg's own staging directory", ".mreg-pull/x"),
  title("title-long", "longer than any file system takes", "x".repeat(300)),
  title("title-bidi", "that a terminal shows backwards", "a\u202egnp.exe"),
  two("titles-equal", "the same title twice", "x.json", "x.json"),
  two("titles-case", "two titles that differ in case only", "Dir/X.json", "dir/x.json"),
  two("titles-normalisation", "two titles that differ in Unicode normalisation only", "caf\u00e9", "cafe\u0301"),
  two("titles-nested", "a title inside another", "x", "x/y"),
  {
    ...title("target-symlink-component", "", ""),
    title: "a directory on the way is a symlink that somebody left",
    advisories: ["oras-go 2.6.2 checkSymlinkEscape", "CVE-2026-17106"],
    arrange: extract({
      layers: () => [titled("a/x", evil)],
      before: (directory, outside) => symlink(outside, join(directory, "a")),
      overwrite: true,
    }),
  },
  {
    ...title("target-symlink", "", ""),
    title: "a symlink is where the file must be",
    expected: "ALREADY_EXISTS",
    how: "with --overwrite it is replaced, never followed",
    arrange: extract({
      layers: () => [titled("x", evil)],
      before: (directory, outside) => symlink(join(outside, "precious"), join(directory, "x")),
    }),
  },
  {
    ...title("target-symlink-staging", "", ""),
    title: "a symlink is where the staging directory must be",
    expected: "ok",
    how: "the link is removed, not followed",
    arrange: extract({
      layers: () => [titled("x", "good")],
      before: (directory, outside) => symlink(outside, join(directory, ".mreg-pull")),
    }),
  },
  archive("archive-parent", "`../x`", [{ name: "../x" }]),
  archive("archive-absolute", "`/abs`", [{ name: "/tmp/mreg-fault-abs" }]),
  archive(
    "archive-symlink",
    "a symlink out, and a file through it",
    [{ name: "a", type: "symlink", linkname: "/tmp" }, { name: "a/x" }],
    { advisories: ["GHSA-m37j-52j7-pjw7", "CVE-2026-17106"] },
  ),
  archive(
    "archive-hardlink",
    "a hard link that resolves against the working directory",
    [{ name: "x", type: "link", linkname: "package.json" }],
    { advisories: ["CVE-2026-50163", "GHSA-fxhp-mv3v-67qp"] },
  ),
  archive("archive-device", "a character device", [{ name: "x", type: "character-device" }]),
  archive("archive-fifo", "a FIFO", [{ name: "x", type: "fifo" }]),
  archive("archive-duplicate", "the same name twice", [{ name: "x" }, { name: "X" }], { expected: "CONFIG_INVALID" }),
  {
    ...title("archive-bomb", "", ""),
    title: "a decompression bomb (tar+gzip layer)",
    expected: "LIMIT_EXCEEDED",
    how: "a layer may grow to 64 MiB, or to 20 times its length",
    arrange: extract({
      layers: () => [{ content: gzipSync(Buffer.alloc(80 * 1024 * 1024)), mediaType: `${tarType}+gzip` }],
    }),
  },
];

export const extraction: FaultGroup = {
  title: "Extraction",
  about:
    "Pulls of hostile artifacts from a store in memory. After each of them nothing of the artifact is on the disk, and nothing outside the directory has changed.",
  cases,
};
