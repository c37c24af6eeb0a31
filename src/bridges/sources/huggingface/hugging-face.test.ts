import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { rejectsWith } from "../../../../test/support/expect.ts";
import { readTree, scratchDirectory, writeTree } from "../../../../test/support/scratch.ts";
import { type FakeAnswer, startFakeServer } from "../../../../test/support/sources/fake-server.ts";
import { hubAnswers, hubCommit, hubFiles, writeHubCache } from "../../../../test/support/sources/hugging-face.ts";
import { HttpSource } from "../http-source.ts";
import { openHub, openLocalSnapshot, parseHubName } from "./index.ts";

const now = new Date("2026-12-01T00:00:00Z");

async function hub(changes: readonly (readonly [string, FakeAnswer])[] = []) {
  const server = await startFakeServer(new Map([...hubAnswers(), ...changes]));
  onTestFinished(() => server.close());
  const source = new HttpSource({
    ...{ name: "hub", address: server.address, authorization: "Bearer hf_x", fetch: globalThis.fetch, pauseMs: 1 },
  });
  return { server, source };
}

describe("parseHubName", () => {
  it.each([
    ["org/tiny", { id: "org/tiny", revision: "main" }],
    ["hf://org/tiny@refs/pr/1", { id: "org/tiny", revision: "refs/pr/1" }],
    ["gpt2@v1.0", { id: "gpt2", revision: "v1.0" }],
  ])("%s", (text, expected) => {
    expect(parseHubName(text)).toEqual(expected);
  });

  it.each(["", "a/b/c", "org/..", "../x", "org/tiny@", "org/tiny@../x", "org/tiny@a@b", "org/ti ny"])(
    "refuses %j",
    (text) => {
      expect(() => parseHubName(text)).toThrow(expect.objectContaining({ code: "SOURCE_UNSUPPORTED" }));
    },
  );
});

describe("a snapshot on this machine", () => {
  it("of the cache: at the commit that a branch had, its links followed", async () => {
    const repository = await writeHubCache(await scratchDirectory());
    for (const path of [repository, join(repository, "snapshots", hubCommit)]) {
      const model = await openLocalSnapshot(path);
      expect(model).toMatchObject({ location: `hf://org/tiny@${hubCommit}`, name: "tiny", revision: hubCommit });
      expect(await model.bring("")).toEqual({
        directory: join(repository, "snapshots", hubCommit),
        linkTargets: [join(repository, "blobs")],
      });
    }
    expect((await openLocalSnapshot(repository, hubCommit)).revision).toBe(hubCommit);
    const error = await rejectsWith(openLocalSnapshot(repository, "v2"), "SOURCE_NOT_FOUND");
    expect(error.message).toContain(hubCommit);
    await rejectsWith(openLocalSnapshot(join(repository, "nothing")), "SOURCE_NOT_FOUND");
  });

  it("a branch file that is no commit is not followed", async () => {
    const repository = await writeHubCache(await scratchDirectory());
    await writeFile(join(repository, "refs", "main"), "../../../../etc");
    await rejectsWith(openLocalSnapshot(repository), "SOURCE_NOT_FOUND");
  });

  it("any directory is one of no name", async () => {
    const directory = join(await scratchDirectory(), "saved");
    await mkdir(directory);
    await writeTree(directory, hubFiles);
    const model = await openLocalSnapshot(directory);
    expect(model).toMatchObject({ name: "saved", imported: { source: "huggingface" } });
    expect(model.revision).toBeUndefined();
    await rejectsWith(openLocalSnapshot(directory, "main"), "SOURCE_NOT_FOUND");
  });

  it("states the card and its results, and says that nothing tells of a training run", async () => {
    const directory = await scratchDirectory();
    await writeTree(directory, hubFiles);
    const { drafts, notes } = await (await openLocalSnapshot(directory)).evidence(directory, { now });
    expect(drafts.map(({ kind }) => kind)).toContain("card");
    expect(notes.join("\n")).toContain("lineage: the files name no run");
  });
});

describe("a model of the hub", () => {
  it("a tag is looked up once, and everything read at its commit", async () => {
    const { server, source } = await hub();
    const model = await openHub(source, parseHubName("org/tiny@v1.0"));
    expect(model).toMatchObject({ location: `hf://org/tiny@${hubCommit}`, name: "tiny", revision: hubCommit });
    const { directory } = await model.bring(await scratchDirectory());
    expect(await readTree(directory)).toEqual(hubFiles);
    expect(server.requests.filter(({ url }) => url.includes("v1.0"))).toHaveLength(1);
  });

  it.each<[what: string, path: string, answer: FakeAnswer, code: string]>([
    [
      "no commit",
      "/api/models/org/tiny/revision/main",
      { id: "org/tiny", sha: "main", siblings: [] },
      "SOURCE_INVALID",
    ],
    [
      "a path out",
      "/api/models/org/tiny/revision/main",
      { id: "x", sha: hubCommit, siblings: [{ rfilename: "a/../../x" }] },
      "SOURCE_INVALID",
    ],
    ["a gate", "/api/models/org/tiny/revision/main", { status: 401, body: "gated" }, "SOURCE_REFUSED"],
    ["a shorter file", `/org/tiny/resolve/${hubCommit}/config.json`, { status: 200, body: "{" }, "SOURCE_INVALID"],
  ])("refuses %s", async (_, path, answer, code) => {
    const { source } = await hub([[path, answer]]);
    const bring = async () => (await openHub(source, parseHubName("org/tiny"))).bring(await scratchDirectory());
    await rejectsWith(bring(), code);
  });

  it("a commit is that commit", async () => {
    const other = "f".repeat(40);
    const { source } = await hub([
      [`/api/models/org/tiny/revision/${other}`, { id: "x", sha: hubCommit, siblings: [] }],
    ]);
    await rejectsWith(openHub(source, parseHubName(`org/tiny@${other}`)), "SOURCE_INVALID");
  });
});
