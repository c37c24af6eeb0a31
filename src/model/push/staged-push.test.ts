import { closeSync, openSync } from "node:fs";
import { readdir, readFile, utimes } from "node:fs/promises";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { rejectsWith } from "../../../test/support/expect.ts";
import { type LayoutDirectoryFixture, layoutDirectory } from "../../../test/support/layout-directory.ts";
import { scratchDirectory, writeTree } from "../../../test/support/scratch.ts";
import { digestOf } from "../../base/digest.ts";
import type { TransferEvent } from "../../base/events.ts";
import type { StagedBlob } from "../../oci/content.ts";
import { type PushModelOptions, pushModel } from "../../push-model.ts";

const bytes = Buffer.alloc(17 * 1024 * 1024, "weights");
const digest = digestOf(bytes);

/** A model with one file that is long enough to be staged, and the digests of what is pushed the ordinary way. */
async function prepare(layout: LayoutDirectoryFixture, options: PushModelOptions = {}) {
  const root = await scratchDirectory();
  await writeTree(root, { "README.md": "r", "w.bin": bytes });
  const { risk } = layout;
  const [push, stage] = [risk.push.bind(risk), risk.stage.bind(risk)];
  const pushed: string[] = [];
  const events: TransferEvent[] = [];
  risk.push = async (source, how) => {
    pushed.push(source.descriptor.digest);
    await push(source, how);
  };
  const onEvent = (event: TransferEvent) => void events.push(event);
  const run = () => pushModel(risk, { paths: [root], name: "m" }, { onEvent, ...options });
  return { root, run, pushed, events, stage, risk };
}

async function checkStored(layout: LayoutDirectoryFixture): Promise<void> {
  expect(digestOf(await readFile(layout.blobPath(digest)))).toBe(digest);
  expect(await readdir(layout.path(".uploads"))).toEqual([]);
}

/** What is told about the large file, and the bytes of all files that are announced and sent. */
function told(events: readonly TransferEvent[]) {
  const push = events.filter((event) => "phase" in event && event.phase === "push");
  const sum = (types: readonly string[]) =>
    push.reduce((total, event) => total + (types.includes(event.type) && "bytes" in event ? event.bytes : 0), 0);
  const outcome = push.flatMap((event) => (event.type === "file" && event.path === "w.bin" ? [event.outcome] : []));
  return { announced: sum(["begin", "more"]), sent: sum(["bytes"]), outcome };
}

test("pushModel: a large file is written into a layout while it is hashed, and not pushed again", async () => {
  await using layout = await layoutDirectory();
  const { run, pushed, events } = await prepare(layout);
  const { artifact } = await run();
  await checkStored(layout);
  expect(pushed).not.toContain(digest);
  const total = bytes.byteLength + 1 + artifact.config.descriptor.size;
  expect(told(events)).toEqual({ announced: total, sent: total, outcome: ["done"] });
});

test("pushModel: what a layout has already is left alone", async () => {
  await using layout = await layoutDirectory();
  const { run, events } = await prepare(layout);
  await run();
  events.length = 0;
  await run();
  await checkStored(layout);
  expect(told(events)).toMatchObject({ sent: 0, outcome: ["present"] });
});

test("pushModel: with --no-speculate it is hashed first and then pushed", async () => {
  await using layout = await layoutDirectory();
  const { run, pushed } = await prepare(layout, { speculate: false });
  await run();
  await checkStored(layout);
  expect(pushed).toContain(digest);
});

test("pushModel: a file that changes while it is staged is named, and nothing is stored", async () => {
  await using layout = await layoutDirectory();
  const { root, run, stage, risk } = await prepare(layout);
  risk.stage = async (options) => {
    const staged = await stage(options);
    await utimes(join(root, "w.bin"), 7, 7);
    return staged;
  };
  expect((await rejectsWith(run(), "DIGEST_MISMATCH")).message).toMatch(/^w\.bin: it was written/);
  expect(await readdir(layout.path())).toEqual([".uploads"]);
  expect(await readdir(layout.path(".uploads"))).toEqual([]);
});

/** As on a full disk: nothing that is written arrives. */
function unwritable(staged: StagedBlob, root: string): StagedBlob {
  const file = openSync(join(root, "README.md"), "r");
  onTestFinished(() => closeSync(file));
  return { ...staged, file };
}

test.each<[string, (staged: StagedBlob, root: string) => Promise<StagedBlob>]>([
  ["cannot be made", () => Promise.reject(new Error("no space left"))],
  ["cannot be written", async (staged, root) => unwritable(staged, root)],
  ["cannot be named", async (staged) => ({ ...staged, keep: () => Promise.reject(new Error("no space left")) })],
])("pushModel: where a staged file %s, the ordinary push has the word", async (_, broken) => {
  await using layout = await layoutDirectory();
  const { root, run, pushed, events, stage, risk } = await prepare(layout);
  const made: StagedBlob[] = [];
  risk.stage = async (options) => {
    const staged = await stage(options);
    made.push(staged);
    return broken(staged, root);
  };
  const { artifact } = await run();
  await made[0]?.discard();
  await checkStored(layout);
  expect(pushed).toContain(digest);
  const total = bytes.byteLength + 1 + artifact.config.descriptor.size;
  expect(told(events)).toEqual({ announced: total, sent: total, outcome: ["done"] });
});

test("pushModel: an abort while a file is staged leaves nothing", async () => {
  await using layout = await layoutDirectory();
  const stop = new AbortController();
  const { run, stage, risk } = await prepare(layout, { signal: stop.signal });
  const reason = new Error("enough");
  risk.stage = async (options) => {
    const staged = await stage(options);
    stop.abort(reason);
    return staged;
  };
  await expect(run()).rejects.toBe(reason);
  expect(await readdir(layout.path())).toEqual([".uploads"]);
  expect(await readdir(layout.path(".uploads"))).toEqual([]);
});
