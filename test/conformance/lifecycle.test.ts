import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import {
  check,
  foldChain,
  logTag,
  parsePolicy,
  readChain,
  readStatus,
  rolloutTag,
  stateTag,
  transitionType,
  verifyState,
  versionTag,
} from "../../src/lifecycle/index.ts";
import type { Repository } from "../../src/oci/content.ts";
import { parseManifest } from "../../src/oci/manifest.ts";
import { mediaTypes } from "../../src/oci/media-types.ts";
import { emptyJson, manifestSource } from "../../src/oci/pack.ts";
import { MemoryRegistry } from "../../src/stores/memory/index.ts";
import { blobOf } from "../support/fixtures.ts";
import { clock, contentOf, stage } from "../support/lifecycle-golden.ts";

/**
 * Our own formats, as the first version wrote them; only ever added (scripts/make-lifecycle-goldens.ts). Ed25519 signs
 * deterministically, so that even the signed bytes of a record are golden.
 */
const folder = resolve(import.meta.dirname, "golden/lifecycle-1");
const read = (name: string) => readFileSync(join(folder, name));

/** Loads a golden repository byte for byte. */
async function goldenRepository(): Promise<Repository> {
  const repository = new MemoryRegistry().repository("golden/risk");
  const index = read("index").toString().trim().split("\n");
  await repository.push(emptyJson);
  for (const name of index.filter((file) => file.startsWith("blobs/"))) await repository.push(blobOf(read(name)));
  for (const name of index.filter((file) => file.startsWith("manifests/"))) {
    await repository.push(manifestSource(parseManifest(read(name), mediaTypes.imageManifest)));
  }
  for (const line of read("tags").toString().trim().split("\n")) {
    const [tag = "", digest = ""] = line.split(" ");
    await repository.tag(await repository.resolve(digest), tag);
  }
  return repository;
}

describe("the lifecycle's formats, version 1", () => {
  it("tags have the grammar of formats.md", () => {
    expect([versionTag(4), stateTag(4, "staging"), rolloutTag("production", 12), logTag(17)]).toEqual([
      ...["v4", "v4-staging", "production-r000012", "mreg-log-000017"],
    ]);
    expect(transitionType("production")).toBe("https://mreg.dev/transition/production/v1");
  });

  it("a promotion writes the golden bytes, to the last tag", async () => {
    const fresh = new MemoryRegistry().repository("golden/risk");
    const target = await stage(fresh, read("policy.yaml").toString());
    const content = await contentOf(fresh, target);
    expect([...content.keys()].sort()).toEqual([...read("index").toString().trim().split("\n")].sort());
    for (const [name, bytes] of content) expect(bytes.equals(read(name)), name).toBe(true);
  });

  it("a golden chain verifies, and says what it said", async () => {
    const repository = await goldenRepository();
    const policy = parsePolicy(read("policy.yaml").toString());
    const chain = await readChain(repository, policy);
    expect(chain.links[0]?.record).toEqual(JSON.parse(read("record.json").toString()));
    expect(foldChain(chain).versions.get(1)).toMatchObject({ state: "staging" });
    const target = await repository.resolve("v1");
    expect(await verifyState(repository, policy, target, "staging")).toMatchObject({ policyChanged: false });
    expect((await readStatus(repository, policy)).anomalies).toEqual([]);
    expect((await check(repository, { policy, target, to: "production", clock })).allowed).toBe(false);
  });
});
