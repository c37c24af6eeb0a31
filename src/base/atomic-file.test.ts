import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { writeFileAtomic } from "./atomic-file.ts";

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "mreg-atomic-"));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

async function* chunks(...texts: (string | Error)[]) {
  for (const text of texts) {
    if (text instanceof Error) throw text;
    yield Buffer.from(text);
  }
}

for (const [what, content] of [
  ["a string", "hello"],
  ["bytes", Buffer.from("hello")],
  ["a stream", chunks("he", "", "llo")],
] as const) {
  test(`writeFileAtomic: writes ${what}, making directories on the way`, async () => {
    const path = join(directory, "a", "b", "file");
    await writeFileAtomic(path, content);
    expect(await readFile(path, "utf8")).toBe("hello");
    expect(await readdir(join(directory, "a", "b"))).toEqual(["file"]);
  });
}

test("writeFileAtomic: replaces a file only when the stream has ended well", async () => {
  const path = join(directory, "file");
  await writeFile(path, "old");
  const broken = new Error("broken");
  await expect(writeFileAtomic(path, chunks("new", broken))).rejects.toBe(broken);
  expect(await readFile(path, "utf8")).toBe("old");
  expect(await readdir(directory)).toEqual(["file"]);
  await writeFileAtomic(path, chunks("new"));
  expect(await readFile(path, "utf8")).toBe("new");
});

test("writeFileAtomic: shows nothing under the final name before the end", async () => {
  const path = join(directory, "file");
  const temporaryDirectory = join(directory, "tmp");
  const seen: string[][] = [];
  async function* watched() {
    yield Buffer.from("a");
    seen.push((await readdir(directory)).sort(), await readdir(temporaryDirectory));
    yield Buffer.from("b");
  }
  await writeFileAtomic(path, watched(), { temporaryDirectory });
  expect(seen[0]).toEqual(["tmp"]);
  expect(seen[1]).toHaveLength(1);
  expect(await readdir(temporaryDirectory)).toEqual([]);
});

test("writeFileAtomic: an aborted signal leaves nothing", async () => {
  const stop = new AbortController();
  const reason = new Error("enough");
  async function* aborting() {
    yield Buffer.from("a");
    stop.abort(reason);
    yield Buffer.from("b");
  }
  await expect(writeFileAtomic(join(directory, "file"), aborting(), { signal: stop.signal })).rejects.toBe(reason);
  expect(await readdir(directory)).toEqual([]);
});

test("writeFileAtomic: removes its temporary file when the name is taken by a directory", async () => {
  const path = join(directory, "file");
  await mkdir(path);
  await expect(writeFileAtomic(path, "x")).rejects.toThrow();
  expect(await readdir(directory)).toEqual(["file"]);
});

test("writeFileAtomic: gives the permission bits asked for", async () => {
  const path = join(directory, "file");
  await writeFileAtomic(path, "secret", { mode: 0o600 });
  expect((await stat(path)).mode & 0o777).toBe(0o600);
});
