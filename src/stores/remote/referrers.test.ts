import { describe, expect, it } from "vitest";
import { listOf, rejectsWith } from "../../../test/support/expect.ts";
import { indexOf, manifestSourceAs, pushArtifact, seededArtifact, seededBlob } from "../../../test/support/fixtures.ts";
import { openRemote, type RegistryOptions, type RunningRegistry } from "../../../test/support/registry/index.ts";
import { attach } from "../../oci/attach.ts";
import type { Repository } from "../../oci/content.ts";
import { type Descriptor, describe as describeBytes } from "../../oci/descriptor.ts";
import { mediaTypes } from "../../oci/media-types.ts";
import { manifestSource } from "../../oci/pack.ts";
import { referrersTag } from "../../oci/referrers-tag.ts";
import { RemoteRegistry } from "./index.ts";
import { referrerListLimit } from "./limits.ts";

const type = "application/vnd.test.card.v1";

async function withSubject(options: RegistryOptions = {}) {
  const opened = await openRemote(options);
  return { ...opened, subject: await pushArtifact(opened.repository, seededArtifact(1)) };
}

const add = (repository: Repository, subject: Descriptor, seed: number) =>
  attach(repository, subject, { artifactType: type, layers: [seededBlob(seed)] });

const digests = async (repository: Repository, subject: Descriptor, artifactType?: string) =>
  (await listOf(repository.referrers(subject, artifactType ? { artifactType } : {})))
    .map(({ digest }) => digest)
    .sort();

/** The fallback index as it is stored. */
function fallback(
  server: RunningRegistry,
  repository: Repository,
  subject: Descriptor,
): { manifests: Descriptor[] } | undefined {
  const { tags, manifests } = server.state.open(repository.name);
  const digest = tags.get(referrersTag(subject.digest));
  const stored = digest && manifests.get(digest);
  return stored && (JSON.parse(Buffer.from(stored.bytes).toString()) as { manifests: Descriptor[] });
}

describe("referrers: detection", () => {
  for (const [what, options, isKeptByTag] of [
    ["an API with OCI-Subject", {}, false],
    ["neither", { referrers: "tag" }, true],
    ["OCI-Subject and no API", { falseSubjectHeader: true }, true],
    ["an API without OCI-Subject", { noSubjectHeader: true }, false],
  ] as const) {
    it(`${what}: the list is ${isKeptByTag ? "also kept under a tag" : "left to the registry"}`, async () => {
      const { repository, server, subject } = await withSubject(options);
      const attached = await add(repository, subject, 2);
      expect(fallback(server, repository, subject) !== undefined).toBe(isKeptByTag);
      expect(await digests(repository, subject)).toEqual([attached.digest]);
    });
  }

  it("an HTML page with 200 is no API", async () => {
    const { repository, server, subject } = await withSubject({ referrers: "tag" });
    const headers = { "content-type": "text/html" };
    const action = { kind: "answer", status: 200, headers, body: "<html>" } as const;
    server.addFault({ route: "referrers", action, times: 99 });
    const attached = await add(repository, subject, 2);
    expect(await digests(repository, subject)).toEqual([attached.digest]);
  });

  for (const [what, action, code] of [
    ["denied", { kind: "answer", status: 403 }, "DENIED"],
    ["broken", { kind: "answer", status: 500 }, "UNAVAILABLE"],
    [
      "no index under its type",
      { kind: "answer", status: 200, headers: { "content-type": mediaTypes.imageIndex }, body: "{}" },
      "BAD_RESPONSE",
    ],
  ] as const) {
    it(`a list that is ${what} is an error, never an empty list`, async () => {
      const { repository, server, subject } = await withSubject();
      server.addFault({ route: "referrers", action, times: 99 });
      await rejectsWith(listOf(repository.referrers(subject)), code);
    });
  }

  it("a list that was kept under a tag before the API came is found", async () => {
    const old = await withSubject({ referrers: "tag" });
    const attached = await add(old.repository, old.subject, 2);
    const upgraded = await withSubject();
    const { blobs, manifests, tags } = old.server.state.open(old.repository.name);
    const state = upgraded.server.state.open(upgraded.repository.name);
    // The referrer's own manifest is left out: this registry's API would find it by itself.
    for (const [digest, bytes] of blobs) state.blobs.set(digest, bytes);
    for (const [digest, stored] of manifests) if (digest !== attached.digest) state.manifests.set(digest, stored);
    for (const [tag, digest] of tags) state.tags.set(tag, digest);
    expect(await digests(upgraded.repository, old.subject, type)).toEqual([attached.digest]);
    expect(await digests(upgraded.repository, old.subject, "application/x.other")).toEqual([]);
  });
});

describe("referrers: the API", () => {
  it("stays the API when a registry refuses the list of a subject that is not there, as Quay does", async () => {
    const { repository, server, subject } = await withSubject({ lists: { unknownSubject: "error" } });
    expect(await digests(repository, seededArtifact(9).manifest.descriptor)).toEqual([]);
    const attached = await add(repository, subject, 2);
    expect(await digests(repository, subject)).toEqual([attached.digest]);
    expect(fallback(server, repository, subject)).toBeUndefined();
  });

  it("is read page by page, and by the client where the registry does not filter", async () => {
    for (const options of [{ pageSize: 2 }, { pageSize: 2, noReferrersFilter: true }]) {
      const { repository, subject } = await withSubject(options);
      const cards = [];
      for (const seed of [2, 3, 4, 5, 6]) cards.push((await add(repository, subject, seed)).digest);
      await attach(repository, subject, { artifactType: "application/x.other", layers: [] });
      expect(await digests(repository, subject, type)).toEqual(cards.sort());
      expect(await digests(repository, subject)).toHaveLength(6);
    }
  });

  it("does not go on without end", async () => {
    const { repository, server, subject } = await withSubject();
    const entry = (n: number) => ({
      mediaType: mediaTypes.imageManifest,
      size: 2,
      digest: `sha256:${String(n).padStart(64, "0")}`,
    });
    const manifests = Array.from({ length: referrerListLimit + 1 }, (_, n) => entry(n));
    const body = JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.imageIndex, manifests });
    const headers = { "content-type": mediaTypes.imageIndex };
    server.addFault({ route: "referrers", action: { kind: "answer", status: 200, headers, body } });
    await rejectsWith(listOf(repository.referrers(subject)), "LIMIT_EXCEEDED");
  });
});

describe("referrers: the API of a draft, as of zot 1.4", () => {
  const draft = { noSubjectHeader: true, draftReferrers: true } as const;

  it("lists what the manifests say, and finds by artifact type what the registry's filter leaves out", async () => {
    const { repository, server, subject } = await withSubject({ ...draft, pageSize: 2 });
    const annotations = { "dev.test": "ü" };
    const card = await attach(repository, subject, { artifactType: type, layers: [], annotations });
    const others = [];
    for (const layer of [2, 3, 4]) {
      others.push(
        await attach(repository, subject, { artifactType: "application/x.other", layers: [seededBlob(layer)] }),
      );
    }
    expect(fallback(server, repository, subject)).toBeUndefined();
    expect(await listOf(repository.referrers(subject, { artifactType: type }))).toEqual([
      { ...card, artifactType: type, annotations },
    ]);
    expect(await digests(repository, subject, "application/x.other")).toEqual(
      others.map(({ digest }) => digest).sort(),
    );
    expect(await digests(repository, subject)).toHaveLength(4);
    expect(await digests(repository, subject, mediaTypes.emptyJson)).toEqual([]);
  });

  it("leaves an entry as it is listed whose manifest is gone or is none", async () => {
    const { repository, server, subject } = await withSubject(draft);
    const twice = '{"schemaVersion":2,"schemaVersion":2}';
    const { digest, size } = describeBytes(mediaTypes.imageManifest, Buffer.from(twice));
    const entry = { mediaType: mediaTypes.imageManifest, digest, size, artifactType: mediaTypes.emptyJson };
    const list = JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.imageIndex, manifests: [entry] });
    const answer = (status: number, type: string, body: string) =>
      ({ kind: "answer", status, headers: { "content-type": type }, body }) as const;
    server.addFault({ route: "referrers", action: answer(200, mediaTypes.imageIndex, list), times: 2 });
    server.addFault({ route: "manifest.get", action: answer(200, mediaTypes.imageManifest, twice) });
    expect(await listOf(repository.referrers(subject))).toEqual([entry]);
    expect(await listOf(repository.referrers(subject))).toEqual([entry]);
    expect(server.count("manifest.get")).toBe(2);
  });
});

describe("referrers: the tag", () => {
  it("lists type and annotations, each referrer once, in the order they came", async () => {
    const { repository, server, subject } = await withSubject({ referrers: "tag" });
    const annotations = { "dev.test": "ü" };
    const first = await attach(repository, subject, { artifactType: type, layers: [], annotations });
    const second = await add(repository, subject, 2);
    await attach(repository, subject, { artifactType: type, layers: [], annotations });
    const entries = fallback(server, repository, subject)?.manifests ?? [];
    expect(entries.map(({ digest }) => digest)).toEqual([first.digest, second.digest]);
    expect(entries[0]).toMatchObject({ artifactType: type, annotations });
  });

  it("takes many changes of one process along together", async () => {
    const { repository, server, subject } = await withSubject({ referrers: "tag" });
    const seeds = Array.from({ length: 20 }, (_, n) => n + 2);
    const attached = await Promise.all(seeds.map((seed) => add(repository, subject, seed)));
    expect(await digests(repository, subject)).toEqual(attached.map(({ digest }) => digest).sort());
    expect(server.count("manifest.put")).toBeLessThan(1 + 20 + 10);
  });

  it("survives writers of other processes, whatever they overwrite", async () => {
    const { server, repository, subject } = await withSubject({ referrers: "tag" });
    const writers = Array.from({ length: 4 }, () => {
      const registry = new RemoteRegistry({ host: server.host, retry: { minDelayMs: 250 } });
      return registry.repository(repository.name);
    });
    const attached = await Promise.all(writers.map((writer, n) => add(writer, subject, n + 2)));
    expect(await digests(repository, subject)).toEqual(attached.map(({ digest }) => digest).sort());
  });

  it("merges again what was overwritten between write and read back", async () => {
    const { repository, server, subject } = await withSubject({ referrers: "tag" });
    const first = await add(repository, subject, 2);
    const { tags } = server.state.open(repository.name);
    const tag = referrersTag(subject.digest);
    const before = tags.get(tag)!;
    // Somebody else puts the old list back right after our write.
    const put = tags.set.bind(tags);
    let isFirst = true;
    tags.set = (name, digest) => {
      put(name, isFirst && name === tag ? before : digest);
      isFirst = false;
      return tags;
    };
    const second = await add(repository, subject, 3);
    expect(await digests(repository, subject)).toEqual([first.digest, second.digest].sort());
  });

  for (const [what, isDeleted] of [
    ["puts back what it saw and another writer overwrote, late as that may be", false],
    ["does not put back what was deleted meanwhile", true],
  ] as const) {
    it(what, async () => {
      const { repository, server, subject } = await withSubject({ referrers: "tag" });
      const first = await add(repository, subject, 2);
      const { tags, manifests } = server.state.open(repository.name);
      const tag = referrersTag(subject.digest);
      const empty = indexOf([]);
      await repository.push(manifestSource(empty));
      // Of the times the tag is looked up, a PUT's included: right after the first write, and when the list has been
      // found whole once after the second.
      const overwritten = [3, 7];
      const get = tags.get.bind(tags);
      let reads = 0;
      tags.get = (name) => {
        if (name === tag && overwritten.includes(++reads)) {
          tags.set(name, empty.descriptor.digest);
          if (isDeleted) manifests.delete(first.digest);
        }
        return get(name);
      };
      const second = await add(repository, subject, 3);
      expect(reads).toBeGreaterThan(7);
      const expected = isDeleted ? [second.digest] : [first.digest, second.digest].sort();
      expect(await digests(repository, subject)).toEqual(expected);
    });
  }

  it("gives up with CONFLICT when others always win", async () => {
    const { repository, server, subject } = await withSubject({ referrers: "tag" });
    const { tags } = server.state.open(repository.name);
    const put = tags.set.bind(tags);
    tags.set = (name, digest) => (name === referrersTag(subject.digest) ? tags : put(name, digest));
    await rejectsWith(add(repository, subject, 2), "CONFLICT");
  });

  it("is repaired by pushing a referrer again that is there but not listed", async () => {
    const { repository, server, subject } = await withSubject({ referrers: "tag" });
    const attached = await add(repository, subject, 2);
    server.state.open(repository.name).tags.delete(referrersTag(subject.digest));
    expect(await digests(repository, subject)).toEqual([]);
    await add(repository, subject, 2);
    expect(await digests(repository, subject)).toEqual([attached.digest]);
  });

  it("completes an entry that another client wrote without its type", async () => {
    const { repository, server, subject } = await withSubject({ referrers: "tag" });
    const attached = await add(repository, subject, 2);
    const { mediaType, digest, size } = attached;
    const bare = indexOf([{ mediaType, digest, size }]);
    await repository.push(manifestSource(bare));
    server.state.open(repository.name).tags.set(referrersTag(subject.digest), bare.descriptor.digest);
    const again = new RemoteRegistry({ host: server.host, retry: { minDelayMs: 2 } }).repository(repository.name);
    await repository.delete(attached);
    server.state.open(repository.name).tags.set(referrersTag(subject.digest), bare.descriptor.digest);
    await add(again, subject, 2);
    expect(await digests(again, subject, type)).toEqual([digest]);
    expect(fallback(server, repository, subject)?.manifests).toHaveLength(1);
  });

  it("never deletes the list it replaces", async () => {
    const { repository, server, subject } = await withSubject({ referrers: "tag" });
    await add(repository, subject, 2);
    await add(repository, subject, 3);
    expect(server.requests.some(({ method }) => method === "DELETE")).toBe(false);
  });

  it("is left alone when the registry takes it for the subject itself, as GitLab does", async () => {
    const { repository, server, subject } = await withSubject({ referrers: "tag" });
    const { tags, manifests } = server.state.open(repository.name);
    tags.set(referrersTag(subject.digest), subject.digest);
    expect(await digests(repository, subject)).toEqual([]);
    await rejectsWith(add(repository, subject, 2), "UNSUPPORTED");
    expect(tags.get(referrersTag(subject.digest))).toBe(subject.digest);
    expect(manifests.has(subject.digest)).toBe(true);
  });

  it("is an error when it holds something else than a list", async () => {
    const { repository, server, subject } = await withSubject({ referrers: "tag" });
    const odd = await pushArtifact(repository, seededArtifact(9));
    server.state.open(repository.name).tags.set(referrersTag(subject.digest), odd.digest);
    await rejectsWith(listOf(repository.referrers(subject)), "INVALID_MANIFEST");
    await rejectsWith(add(repository, subject, 2), "INVALID_MANIFEST");
  });

  it("works for a subject under sha512, whose digest is too long for a tag", async () => {
    const { repository, server } = await openRemote({ referrers: "tag" });
    const { manifest, blobs } = seededArtifact(1);
    for (const blob of blobs) await repository.push(blob);
    const subject = manifestSourceAs(manifest, "sha512");
    await repository.push(subject);
    const attached = await add(repository, subject.descriptor, 2);
    expect(await digests(repository, subject.descriptor)).toEqual([attached.digest]);
    expect(fallback(server, repository, subject.descriptor)?.manifests).toHaveLength(1);
    const big = seededBlob(7, 5_000, { algorithm: "sha512" });
    await repository.push(big);
    expect(await repository.exists(big.descriptor)).toBe(true);
  });

  it("forgets a referrer that is deleted", async () => {
    const { repository, server, subject } = await withSubject({ referrers: "tag" });
    const kept = await add(repository, subject, 2);
    await repository.delete(await add(repository, subject, 3));
    expect(fallback(server, repository, subject)?.manifests.map(({ digest }) => digest)).toEqual([kept.digest]);
    await repository.delete(kept);
    expect(await digests(repository, subject)).toEqual([]);
  });
});
