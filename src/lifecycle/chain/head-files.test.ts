import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, beforeEach, expect, onTestFinished, test } from "vitest";
import { type Cast, newCast, World } from "../../../test/support/lifecycle.ts";
import { parsePolicy } from "../policy/parse.ts";
import { logTag } from "../versions/tags.ts";
import { HeadFiles } from "./head-files.ts";
import { type ModelStore, readChain } from "./read.ts";

let cast: Cast;
let directory: string;
let world: World;
beforeAll(async () => {
  cast = await newCast();
});
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "mreg-heads-"));
  world = new World(cast);
  await world.release(1);
});

const heads = () => {
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  return new HeadFiles(directory);
};

/** The repository, and what is asked of it. */
function watched(): { readonly store: ModelStore; readonly asked: string[] } {
  const asked: string[] = [];
  const { repository } = world;
  const store: ModelStore = {
    ...{ name: repository.name, location: repository.location },
    fetch: (target, options) => {
      asked.push("fetch");
      return repository.fetch(target, options);
    },
    fetchRange: (...args) => repository.fetchRange(...args),
    exists: (...args) => repository.exists(...args),
    resolve: (reference, options) => {
      asked.push(reference);
      return repository.resolve(reference, options);
    },
    tags: (options) => {
      asked.push("tags");
      return repository.tags(options);
    },
    referrers: (...args) => repository.referrers(...args),
  };
  return { asked, store };
}

async function file(): Promise<string> {
  const [name] = await readdir(directory);
  return join(directory, name ?? "");
}

test("readChain: a second reading asks for what is new, and adds up to the same", async () => {
  const store = heads();
  const first = await readChain(world.repository, world.policy, { heads: store });
  const { asked, store: repository } = watched();
  const again = await readChain(repository, world.policy, { heads: store });
  expect(asked).toEqual(["mreg-log-000002", "mreg-log-000003", "mreg-log-000004"]);
  expect(again.links).toEqual(first.links);
  expect([...again.state.versions]).toEqual([...first.state.versions]);
  world.pass(1);
  await world.release(2, [first.state.champion?.digest ?? ""]);
  asked.length = 0;
  expect((await readChain(repository, world.policy, { heads: store })).links).toHaveLength(4);
  expect(asked).toEqual([
    ...["mreg-log-000002", "mreg-log-000003", "mreg-log-000004", "mreg-log-000005"],
    ...["fetch", "fetch", "fetch", "fetch", "mreg-log-000005", "mreg-log-000006"],
  ]);
});

test.each([
  ["no JSON", () => "{"],
  ["another schema", (text: string) => text.replace('"schemaVersion":2', '"schemaVersion":3')],
  ["a last link that is another one", (text: string) => text.replace(/(.*"digest":"sha256:)../s, "$1ff")],
  ["its end cut off", (text: string) => text.slice(0, -20)],
  ["a list less", (text: string) => text.replace(/"lists":\d+/, '"lists":1')],
  ["its first line alone", (text: string) => text.split("\n")[0] ?? ""],
  ["fewer links than it says", (text: string) => text.replace('"sequence":2', '"sequence":1')],
  ["a signer that the policy lacks", (text: string) => text.replaceAll('"signer":"mike"', '"signer":"nobody"')],
])("readChain: a file with %s is no head to go on from", async (_what, change) => {
  const store = heads();
  await readChain(world.repository, world.policy, { heads: store });
  const path = await file();
  await writeFile(path, change(await readFile(path, "utf8")));
  const { asked, store: repository } = watched();
  if (_what === "fewer links than it says") {
    await expect(readChain(repository, world.policy, { heads: store })).rejects.toThrow("the history forked");
    return;
  }
  expect((await readChain(repository, world.policy, { heads: store })).links).toHaveLength(2);
  expect(asked).toContain("tags");
});

test("readChain: another policy verifies everything again", async () => {
  const store = heads();
  await readChain(world.repository, world.policy, { heads: store });
  const { asked, store: repository } = watched();
  await readChain(repository, parsePolicy(`${world.yaml}\n# changed\n`), { heads: store });
  expect(asked).toContain("tags");
});

test("HeadFiles: many who write at once leave one whole file, and none an older head", async () => {
  const store = heads();
  const chain = await readChain(world.repository, world.policy);
  const older = { ...chain, links: chain.links.slice(0, 1) };
  await store.write(world.repository.location, chain);
  await store.write(world.repository.location, older);
  expect(await store.read(world.repository.location, chain)).toMatchObject({ sequence: 2 });
  await Promise.all(
    Array.from({ length: 8 }, (_, at) => store.write(world.repository.location, at % 2 ? chain : older)),
  );
  const known = await store.read(world.repository.location, chain);
  expect(known).toMatchObject({ sequence: 2, digest: chain.links[1]?.bundle.digest });
  expect(await readdir(directory)).toHaveLength(1);
  await store.forget(world.repository.location);
  expect(await store.read(world.repository.location, chain)).toBeUndefined();
});

test.each([1, 3])("HeadFiles: what has schema version %i says nothing, and is replaced", async (version) => {
  const store = heads();
  const chain = await readChain(world.repository, world.policy, { heads: store });
  const path = await file();
  const other = (await readFile(path, "utf8")).replace('"schemaVersion":2', `"schemaVersion":${version}`);
  await writeFile(path, other.replace('"sequence":2', '"sequence":9'));
  expect(await store.read(world.repository.location, chain)).toBeUndefined();
  await store.write(world.repository.location, chain);
  expect(await store.read(world.repository.location, chain)).toMatchObject({ sequence: 2 });
});

test("HeadFiles: a directory that cannot be written costs nothing but the memory", async () => {
  const path = join(directory, "file");
  await writeFile(path, "");
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  const chain = await readChain(world.repository, world.policy, { heads: new HeadFiles(join(path, "below")) });
  expect(chain.links).toHaveLength(2);
});

test("readChain: a record that is gone from under its successor is a gap, also above what was verified before", async () => {
  const store = heads();
  await readChain(world.repository, world.policy, { heads: store });
  await world.release(2, [(await world.repository.resolve("v1")).digest]);
  await world.repository.untag(logTag(3));
  const reading = readChain(world.repository, world.policy, { heads: store });
  await expect(reading).rejects.toThrow("mreg-log-000003 is missing, although mreg-log-000004 is there");
});

test("readChain: what is written while it looks is no gap", async () => {
  const store = heads();
  await readChain(world.repository, world.policy, { heads: store });
  await world.release(2, [(await world.repository.resolve("v1")).digest]);
  const { asked, store: repository } = watched();
  let late = true;
  const resolve: ModelStore["resolve"] = async (reference, options) => {
    const isLate = late && reference === logTag(3);
    if (isLate) late = false;
    return repository.resolve(isLate ? "mreg-log-999999" : reference, options);
  };
  expect((await readChain({ ...repository, resolve }, world.policy, { heads: store })).links).toHaveLength(4);
  expect(asked.slice(0, 4)).toEqual(["mreg-log-000002", "mreg-log-999999", "mreg-log-000004", "mreg-log-000003"]);
});

test("HeadFiles: the file of one repository says nothing about another", async () => {
  const store = heads();
  const chain = await readChain(world.repository, world.policy, { heads: store });
  const path = await file();
  await store.write("memory:ml/other", chain);
  const [other] = (await readdir(directory)).map((name) => join(directory, name)).filter((name) => name !== path);
  await writeFile(other ?? "", await readFile(path, "utf8"));
  expect(await store.read("memory:ml/other", chain)).toBeUndefined();
  expect(await store.read(world.repository.location, chain)).toMatchObject({ sequence: 2 });
});
