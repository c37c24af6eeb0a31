import { appendFile, open, stat, truncate, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { bytesOf, rejectsWith } from "../../../test/support/expect.ts";
import { openRemote, type RegistryOptions } from "../../../test/support/registry/index.ts";
import { scratchDirectory, writeTree } from "../../../test/support/scratch.ts";
import type { TransferEvent } from "../../base/events.ts";
import type { AheadOutcome, AheadPusher } from "../../oci/content.ts";
import { type PushModelOptions, pushModel } from "../../push-model.ts";
import { DigestCache } from "../../transfer/digest-cache.ts";
import { fileIdentity } from "../../transfer/file-identity.ts";

const mebibyte = 1024 * 1024;
const size = 17 * mebibyte;

/** A model with one file that is long enough to be sent ahead, and two that are not. */
async function modelDirectory(): Promise<string> {
  const root = await scratchDirectory();
  await writeTree(root, { "a.json": "{}", "README.md": "r", "w.bin": Buffer.alloc(size, "weights") });
  return root;
}

async function push(root: string, registry: RegistryOptions = {}, options: PushModelOptions = {}) {
  const opened = await openRemote(registry, { aheadBytes: 1 });
  const events: TransferEvent[] = [];
  const run = () =>
    pushModel(opened.repository, { paths: [root], name: "m" }, { onEvent: (event) => events.push(event), ...options });
  return { ...opened, run, events };
}

/** What the user is told to have been sent, by file. */
function told(events: readonly TransferEvent[]) {
  const sum = (type: "bytes" | "begin") =>
    events.reduce((total, event) => {
      const isCounted = event.type === type || (type === "begin" && event.type === "more");
      return isCounted && "bytes" in event && event.phase === "push" ? total + event.bytes : total;
    }, 0);
  const files = events.flatMap((event) => {
    return event.type === "file" && event.phase === "push" ? [`${event.path} ${event.outcome}`] : [];
  });
  return { sent: sum("bytes"), announced: sum("begin"), files: files.sort() };
}

test("pushModel: sends large files while they are hashed, and tells both apart", async () => {
  const { run, events, server, repository } = await push(await modelDirectory());
  const { artifact } = await run();
  const layer = artifact.layers.find(({ descriptor }) => descriptor.size === size)!;
  expect((await bytesOf(repository.fetch(layer.descriptor))).byteLength).toBe(size);
  expect(server.count("upload.patch")).toBe(1);
  const total = size + 3 + artifact.config.descriptor.size;
  expect(told(events)).toEqual({
    sent: total,
    announced: total,
    files: ["README.md done", "a.json done", "config done", "w.bin done"],
  });
  expect(events.filter((event) => event.type === "begin").map((event) => event.phase)).toEqual(["hash", "push"]);
});

test("pushModel: what is there already is not sent to the end, and a remembered file not even begun", async () => {
  const root = await modelDirectory();
  const digests = await DigestCache.open(join(await scratchDirectory(), "digests"));
  const { run, server, events } = await push(root, {}, { digests });
  const { artifact } = await run();
  const present = ["README.md present", "a.json present", "config present", "w.bin present"];
  events.length = 0;
  await run();
  expect(told(events).files).toEqual(present);
  const { digest } = artifact.layers.find(({ descriptor }) => descriptor.size === size)!.descriptor;
  digests.put(fileIdentity(await stat(join(root, "w.bin"), { bigint: true })), digest, new Date(Date.now() + 60_000));
  events.length = 0;
  const posts = server.count("upload.post");
  await run();
  expect(told(events)).toMatchObject({ sent: 0, files: present });
  expect(server.count("upload.post")).toBe(posts);
});

test("pushModel: a manifest without a version tag is no proof that its blobs are there; with one, --rehash asks again", async () => {
  const root = await modelDirectory();
  const { run, server, repository } = await push(root);
  const { artifact } = await run();
  const { blobs } = server.state.open(repository.name);
  const readme = artifact.layers[1]!.descriptor.digest;
  blobs.delete(readme);
  const asked = server.count("blob.head");
  await run();
  expect(blobs.has(readme)).toBe(false);
  expect(server.count("blob.head") - asked).toBeLessThanOrEqual(1);
  await repository.untag("v1");
  await run();
  expect(blobs.has(readme)).toBe(true);
  blobs.delete(readme);
  await pushModel(repository, { paths: [root], name: "m" }, { rehash: true });
  expect(blobs.has(readme)).toBe(true);
});

test("pushModel: --no-speculate hashes first, and a registry that refuses PATCH gets a PUT", async () => {
  for (const [registry, options] of [
    [{}, { speculate: false }],
    [{ uploads: { noPatch: true } }, {}],
  ] as const) {
    const { run, server, events } = await push(await modelDirectory(), registry, options);
    const { artifact } = await run();
    expect(server.count("upload.put")).toBe(4);
    const total = size + 3 + artifact.config.descriptor.size;
    expect(told(events)).toMatchObject({ sent: total, announced: total });
  }
});

test.each<[string, (path: string) => Promise<void>, string]>([
  ["written", (path) => utimes(path, 7, 7), "DIGEST_MISMATCH"],
  ["made longer", (path) => appendFile(path, "!"), "SIZE_MISMATCH"],
  ["made shorter", (path) => truncate(path, size - mebibyte), "SIZE_MISMATCH"],
])(
  "pushModel: a file that is %s while it is sent and hashed is named, and no manifest is stored",
  async (_, change, code) => {
    const root = await modelDirectory();
    const { run, server, repository, events } = await push(root);
    server.addFault({ route: "upload.post", action: { kind: "stall", afterBytes: -1 } });
    // Once hashing has begun, which is after the file was looked at.
    const changed = (async () => {
      while (!events.some(({ type }) => type === "bytes")) await sleep(1);
      await change(join(root, "w.bin"));
    })();
    const error = await rejectsWith(run(), code);
    await changed;
    expect(error.message).toMatch(/^w\.bin: /);
    expect(server.state.open(repository.name).manifests.size).toBe(0);
  },
);

test("pushModel: a file that is written after it was hashed and before all of it is sent is refused by the sender", async () => {
  const root = await modelDirectory();
  const { repository } = await openRemote({}, { aheadBytes: 1 });
  repository.pushAhead = async (content, digest) => {
    await digest;
    const other = await open(join(root, "w.bin"), "r+");
    await other.write(Buffer.from("other"), 0, 5, size - 5);
    await other.close();
    let sent = 0;
    for await (const chunk of content.open(0)) sent += chunk.byteLength;
    throw new Error(`a store that checks nothing got ${sent} bytes`);
  };
  const error = await rejectsWith(pushModel(repository, { paths: [root], name: "m" }), "DIGEST_MISMATCH");
  expect(error.message).toMatch(/^w\.bin: it was written/);
});

test("pushModel: weights with a bad header are refused before anything is sent", async () => {
  const root = await modelDirectory();
  await writeFile(join(root, "z.safetensors"), Buffer.alloc(20 * mebibyte, 0xff));
  const { run, server } = await push(root);
  await rejectsWith(run(), "UNSAFE_FORMAT");
  expect(server.requests).toEqual([]);
});

test("pushModel: an upload that fails for good ends the hashing", async () => {
  const { run, server } = await push(await modelDirectory());
  server.addFault({ route: "upload.post", action: { kind: "answer", status: 403 }, times: Number.POSITIVE_INFINITY });
  await rejectsWith(run(), "DENIED");
});

test("pushModel: as many uploads ahead as are allowed, and none for what is hashed by then", async () => {
  const root = await scratchDirectory();
  const names = ["1.bin", "2.bin", "3.bin", "4.bin", "5.bin"];
  await writeTree(root, Object.fromEntries(names.map((name) => [name, Buffer.alloc(size, name)])));
  const { repository } = await openRemote({}, { aheadBytes: 1 });
  let running = 0;
  let most = 0;
  const outcomes: AheadOutcome[] = [];
  const pushAhead: AheadPusher["pushAhead"] = async (_content, digest) => {
    most = Math.max(most, ++running);
    await digest;
    await sleep(50);
    running--;
    outcomes.push("declined");
    return "declined";
  };
  repository.pushAhead = pushAhead;
  await pushModel(repository, { paths: [root], name: "m" }, { concurrency: 2 });
  expect(most).toBeLessThanOrEqual(2);
  expect(outcomes.length).toBeLessThanOrEqual(names.length);
});
