import { execFileSync } from "node:child_process";
import { mkdir, readdir, rename, rm, symlink, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { bytesOf, listOf, rejectsWith } from "../../../test/support/expect.ts";
import { indexOf, pushArtifact, seededArtifact, seededBlob } from "../../../test/support/fixtures.ts";
import { type LayoutDirectoryFixture, layoutDirectory } from "../../../test/support/layout-directory.ts";
import { digestOf } from "../../base/digest.ts";
import { identity } from "../../oci/descriptor.ts";
import { mediaTypes } from "../../oci/media-types.ts";
import { manifestSource } from "../../oci/pack.ts";
import { indexLimitBytes } from "./limits.ts";

const entry = (digest: string) => ({ mediaType: mediaTypes.imageManifest, digest, size: 2 });
const named = (digest: string) => ({ ...entry(digest), annotations: { "org.opencontainers.image.ref.name": "v1" } });
const index = (...manifests: unknown[]) => ({ schemaVersion: 2, manifests });

for (const [what, content, code] of [
  ["is no JSON", "<html>", "INVALID_MANIFEST"],
  ["is cut short", `{"schemaVersion":2,"manif`, "INVALID_MANIFEST"],
  ["has a key twice", `{"schemaVersion":2,"manifests":[],"manifests":[]}`, "INVALID_MANIFEST"],
  ["has another schema version", { schemaVersion: 1, manifests: [] }, "INVALID_MANIFEST"],
  ["has no list", { schemaVersion: 2 }, "INVALID_MANIFEST"],
  ["has an entry without size", index({ ...entry(digestOf("x")), size: undefined }), "INVALID_MANIFEST"],
  ["has a path for a digest", index(named("../../../etc/passwd")), "INVALID_MANIFEST"],
  ["has a digest with a path in it", index(named("sha256:../../x")), "INVALID_MANIFEST"],
  ["has a short digest", index(named("sha256:abc")), "INVALID_DIGEST"],
  ["has a digest that cannot be verified", index(named(`blake3:${"a".repeat(64)}`)), "INVALID_DIGEST"],
  ["gives one tag to two manifests", index(named(digestOf("x")), named(digestOf("y"))), "INVALID_MANIFEST"],
] as const) {
  test(`an index.json that ${what} is refused`, async () => {
    await using layout = await filled();
    await layout.writeIndex(content);
    const error = await rejectsWith(layout.risk.resolve("v1"), code);
    expect(error.message.length).toBeLessThan(1_500);
  });
}

test("an index.json above the limit is refused without reading it", async () => {
  await using layout = await filled();
  await truncate(layout.path("index.json"), indexLimitBytes + 1);
  await rejectsWith(layout.risk.resolve("v1"), "LIMIT_EXCEEDED");
});

for (const [what, content, code] of [
  ["another version", `{"imageLayoutVersion":"2.0.0"}`, "UNSUPPORTED"],
  ["no version", `{}`, "INVALID_MANIFEST"],
  ["no JSON", `1.0.0`, "INVALID_MANIFEST"],
  ["more than a layout file has", `{"imageLayoutVersion":"1.0.0","x":"${"x".repeat(5_000)}"}`, "LIMIT_EXCEEDED"],
] as const) {
  test(`an oci-layout file with ${what} is refused, for reading and for writing`, async () => {
    await using layout = await filled();
    await writeFile(layout.path("oci-layout"), content);
    await rejectsWith(layout.risk.resolve("v1"), code);
    await rejectsWith(layout.risk.push(seededBlob(9)), code);
  });
}

test("without an index.json the layout is refused, not taken for empty", async () => {
  await using layout = await filled();
  await rm(layout.path("index.json"));
  await rejectsWith(layout.risk.resolve("v1"), "INVALID_MANIFEST");
});

test("a link in place of a blob is not followed, and a push puts the content there", async () => {
  await using layout = await filled();
  const blob = seededBlob(5);
  const outside = join(layout.root, "outside");
  await writeFile(outside, await bytesOf(blob.open()));
  await symlink(outside, layout.blobPath(blob.descriptor.digest));
  expect(await layout.risk.exists(blob.descriptor)).toBe(false);
  await rejectsWith(bytesOf(layout.risk.fetch(blob.descriptor)), "NOT_FOUND");
  await rejectsWith(bytesOf(layout.risk.fetchRange(blob.descriptor, { start: 0, end: 1 })), "NOT_FOUND");
  await layout.risk.push(blob);
  await rm(outside);
  expect((await bytesOf(layout.risk.fetch(blob.descriptor))).byteLength).toBe(1_000);
});

test("a named pipe in place of a blob does not block", async () => {
  await using layout = await filled();
  const { descriptor } = seededBlob(5);
  execFileSync("mkfifo", [layout.blobPath(descriptor.digest)]);
  await rejectsWith(bytesOf(layout.risk.fetch(descriptor)), "NOT_FOUND");
});

for (const names of [["blobs", "sha256"], ["blobs"], [".uploads"], []]) {
  test(`a link in place of ${join("risk", ...names)} is refused, and nothing is written through it`, async () => {
    await using layout = await filled();
    const outside = join(layout.root, "outside");
    await rename(layout.path(...names), outside);
    await symlink(outside, layout.path(...names));
    const before = (await readdir(outside, { recursive: true })).sort();
    await rejectsWith(layout.risk.push(seededBlob(9)), "UNSUPPORTED");
    await rejectsWith(layout.risk.resolve("v1"), "UNSUPPORTED");
    expect((await readdir(outside, { recursive: true })).sort()).toEqual(before);
  });
}

test("a link in place of index.json is not followed", async () => {
  await using layout = await filled();
  await rename(layout.path("index.json"), join(layout.root, "outside"));
  await symlink(join(layout.root, "outside"), layout.path("index.json"));
  await rejectsWith(layout.risk.resolve("v1"), "INVALID_MANIFEST");
});

test("a link in place of a parent directory is refused before anything is made there", async () => {
  await using layout = await layoutDirectory();
  await mkdir(join(layout.root, "outside"));
  await symlink(join(layout.root, "outside"), join(layout.root, "team"));
  await rejectsWith(layout.registry.repository("team/risk").push(seededBlob(1)), "UNSUPPORTED");
  expect(await readdir(join(layout.root, "outside"))).toEqual([]);
});

for (const name of [
  "risk/blobs",
  "blobs",
  "risk/blobs/sha256",
  "risk/index.json",
  "risk/index.json.lock",
  "risk/index.json.lock.owner",
  "risk/index.json.lock.gate",
  "risk/oci-layout",
  `${"a/".repeat(32)}a`,
]) {
  test(`a repository called ${name.slice(0, 20)} has no directory of its own`, async () => {
    await using layout = await layoutDirectory();
    expect(() => layout.registry.repository(name)).toThrow(expect.objectContaining({ code: "INVALID_REFERENCE" }));
    await rejectsWith(layout.risk.mount(seededBlob(1).descriptor, name), "INVALID_REFERENCE");
  });
}

test("a listed manifest that is missing makes referrers fail: it might be the one that was looked for", async () => {
  await using layout = await filled();
  const model = await layout.risk.resolve("v1");
  const card = await pushArtifact(layout.risk, seededArtifact(2, { subject: model }));
  await rm(layout.blobPath(card.digest));
  await rejectsWith(listOf(layout.registry.repository("risk").referrers(model)), "INVALID_MANIFEST");
});

test("a listed manifest that has changed makes referrers fail", async () => {
  await using layout = await filled();
  const model = await layout.risk.resolve("v1");
  const { manifest, blobs } = seededArtifact(2, { subject: model });
  const card = await pushArtifact(layout.risk, { manifest, blobs });
  await writeFile(layout.blobPath(card.digest), Buffer.from(manifest.raw).fill(0x20, 0, 1));
  await rejectsWith(listOf(layout.risk.referrers(model)), "DIGEST_MISMATCH");
});

test("what entries claim about a referrer is not believed", async () => {
  await using layout = await filled();
  const model = await layout.risk.resolve("v1");
  const card = await pushArtifact(
    layout.risk,
    seededArtifact(2, { subject: model, artifactType: "application/vnd.test.card" }),
  );
  const claims = { artifactType: "application/vnd.test.signature", annotations: { "dev.test": "forged" } };
  await layout.writeIndex(index(identity(model), { ...identity(card), ...claims }));
  const [referrer] = await listOf(layout.risk.referrers(model));
  expect(referrer?.artifactType).toBe("application/vnd.test.card");
  expect(referrer?.annotations).toBeUndefined();
});

test("indexes nested without end are refused", async () => {
  await using layout = await filled();
  let inner = await layout.risk.resolve("v1");
  for (let depth = 0; depth < 40; depth++) {
    const outer = indexOf([inner]);
    await layout.risk.push(manifestSource(outer));
    inner = identity(outer.descriptor);
  }
  await layout.writeIndex(index(inner));
  await rejectsWith(layout.risk.resolve(digestOf("not there")), "LIMIT_EXCEEDED");
});

/** A layout with one manifest, tagged v1. */
async function filled(): Promise<LayoutDirectoryFixture> {
  const layout = await layoutDirectory();
  await layout.risk.tag(await pushArtifact(layout.risk, seededArtifact(1)), "v1");
  return layout;
}
