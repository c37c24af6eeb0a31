import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, it, onTestFinished } from "vitest";
import { digestOf } from "../../src/base/digest.ts";
import type { Descriptor } from "../../src/oci/descriptor.ts";
import type { Manifest } from "../../src/oci/manifest.ts";
import { mediaTypes } from "../../src/oci/media-types.ts";
import { referrersTag } from "../../src/oci/referrers-tag.ts";
import { indexOf, seededArtifact } from "../support/fixtures.ts";
import { type RegistryOptions, type RunningRegistry, startRegistry } from "../support/registry/index.ts";

const script = fileURLToPath(new URL("../support/list-all.ts", import.meta.url));
const tagCount = 10_000;
const referrerCount = 5_000;

/** Heap of the process that lists, in MiB: less than the 45 MB of text that the referrers are. */
const heapMebibytes = 40;

const subject = seededArtifact(1).manifest;

/** Puts the tags and the subject where the registry keeps them, without 15,000 requests. */
function fill({ state }: RunningRegistry): void {
  const { manifests, tags } = state.open("risk");
  const { digest, mediaType } = subject.descriptor;
  manifests.set(digest, { bytes: subject.raw, mediaType });
  for (let at = 1; at <= tagCount; at++) tags.set(`v${at}`, digest);
}

/** What a process with little memory counts. */
async function listed(options: RegistryOptions, prepare: (registry: RunningRegistry) => void) {
  const registry = await startRegistry(options);
  onTestFinished(() => registry.close());
  fill(registry);
  prepare(registry);
  const args = [`--max-old-space-size=${heapMebibytes}`, script, registry.host, "risk", "v1"];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  return JSON.parse(stdout) as unknown;
}

/** A referrer of some 9 KB, as evidence with long annotations. */
function referrer(at: number): Manifest {
  const annotations = { "dev.test.number": String(at), "dev.test.text": "x".repeat(9_000) };
  return seededArtifact(1, { subject: subject.descriptor, annotations }).manifest;
}

for (const pageSize of [100, 1_000]) {
  it(`10,000 tags and 5,000 referrers are listed in pages of ${pageSize}, in ${heapMebibytes} MiB`, async () => {
    const counts = await listed({ pageSize }, (registry) => {
      const { manifests } = registry.state.open("risk");
      for (let at = 0; at < referrerCount; at++) {
        const { raw: bytes, descriptor } = referrer(at);
        manifests.set(descriptor.digest, { bytes, mediaType: descriptor.mediaType });
      }
    });
    expect(counts).toEqual({ tags: tagCount, referrers: referrerCount });
  });
}

it(`10,000 tags in one answer and 5,000 referrers under a tag are listed in ${heapMebibytes} MiB`, async () => {
  const counts = await listed({ referrers: "tag", lists: { unordered: true } }, (registry) => {
    const { manifests, tags } = registry.state.open("risk");
    const entries: Descriptor[] = Array.from({ length: referrerCount }, (_, at) => ({
      mediaType: mediaTypes.imageManifest,
      digest: digestOf(String(at)),
      size: 1_000,
      annotations: { "dev.test.text": "x".repeat(500) },
    }));
    const index = indexOf(entries);
    manifests.set(index.descriptor.digest, { bytes: index.raw, mediaType: mediaTypes.imageIndex });
    tags.set(referrersTag(subject.descriptor.digest), index.descriptor.digest);
  });
  expect(counts).toEqual({ tags: tagCount, referrers: referrerCount });
});
