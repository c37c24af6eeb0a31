import { readFile, rm, stat, writeFile } from "node:fs/promises";
import { expect, onTestFinished, test, vi } from "vitest";
import { rejectsWith } from "../../../test/support/expect.ts";
import { pushArtifact, seededArtifact } from "../../../test/support/fixtures.ts";
import { layoutDirectory } from "../../../test/support/layout-directory.ts";
import { digestOf } from "../../base/digest.ts";
import { mediaTypes } from "../../oci/media-types.ts";
import { LayoutDirectory } from "./directory.ts";
import { addManifest } from "./entries.ts";
import { IndexFile } from "./index-file.ts";
import { indexLimitBytes } from "./limits.ts";

const manifest = { mediaType: mediaTypes.imageManifest, digest: digestOf("x"), size: 1 };

async function opened() {
  const layout = await layoutDirectory();
  const target = await pushArtifact(layout.risk, seededArtifact(1));
  await layout.risk.tag(target, "v1");
  return { layout, target, index: new IndexFile(new LayoutDirectory(layout.root, "risk"), 1_000) };
}

test("update: writes nothing when nothing changes", async () => {
  const { layout, target } = await opened();
  await using _disposed = layout;
  const before = await stat(layout.path("index.json"), { bigint: true });
  await layout.risk.tag(target, "v1", { once: true });
  const after = await stat(layout.path("index.json"), { bigint: true });
  expect([after.ino, after.mtimeNs]).toEqual([before.ino, before.mtimeNs]);
});

test("update: a change that fails, or is aborted while it is made, leaves the file as it was", async () => {
  const { layout, index } = await opened();
  await using _disposed = layout;
  const before = await readFile(layout.path("index.json"), "utf8");
  const broken = new Error("broken");
  const failing = index.update(() => {
    throw broken;
  });
  await expect(failing).rejects.toBe(broken);
  const stop = new AbortController();
  const aborted = index.update((entries) => {
    stop.abort(broken);
    return addManifest(entries, manifest);
  }, stop.signal);
  await expect(aborted).rejects.toBe(broken);
  expect(await readFile(layout.path("index.json"), "utf8")).toBe(before);
});

test("update: refuses to write what could not be read again", async () => {
  const { layout, index } = await opened();
  await using _disposed = layout;
  const large = { ...manifest, annotations: { a: "x".repeat(indexLimitBytes) } };
  await rejectsWith(
    index.update((entries) => [...entries, large]),
    "LIMIT_EXCEEDED",
  );
  expect(await index.entries()).toHaveLength(1);
});

test("update: of a repository that is not there is NOT_FOUND", async () => {
  await using layout = await layoutDirectory();
  const index = new IndexFile(new LayoutDirectory(layout.root, "none"), 1_000);
  await rejectsWith(
    index.update((entries) => addManifest(entries, manifest)),
    "NOT_FOUND",
  );
});

test("create: keeps an index.json that is there without its oci-layout file", async () => {
  const { layout, index } = await opened();
  await using _disposed = layout;
  await rm(layout.path("oci-layout"));
  expect(await index.entries()).toEqual([]);
  await index.create();
  expect(await index.entries()).toHaveLength(1);
});

test("an index that is long enough to be remembered is read anew when it has changed, in place and within a tick", async () => {
  const { layout, index } = await opened();
  await using _disposed = layout;
  const entries = Array.from({ length: 1_000 }, (_, at) => ({ ...manifest, digest: digestOf(`${at}`) }));
  await layout.writeIndex({ schemaVersion: 2, manifests: entries });
  expect(await index.entries()).toEqual(entries);
  expect(await index.entries()).toEqual(entries);
  const changed = [...entries.slice(1), { ...manifest, digest: digestOf("other") }];
  await layout.writeIndex({ schemaVersion: 2, manifests: changed });
  expect(await index.entries()).toEqual(changed);
});

test("entries: a long index is not read again while its file is what it was; any write is seen", async () => {
  const { layout, index } = await opened();
  await using _disposed = layout;
  const many = Array.from({ length: 600 }, (_, at) => ({ ...manifest, digest: digestOf(`manifest ${at}`) }));
  await index.update((entries) => [...entries, ...many]);
  // Ten seconds later, when the times of the file can be trusted.
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 10_000 });
  onTestFinished(() => void vi.useRealTimers());
  expect(await index.entries()).toHaveLength(601);
  const path = layout.path("index.json");
  const other = JSON.parse(await readFile(path, "utf8"));
  other.manifests.push({ ...manifest, digest: digestOf("another one") });
  await writeFile(path, JSON.stringify(other));
  expect(await index.entries()).toHaveLength(602);
});
