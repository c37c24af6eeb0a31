import { describe, expect, it } from "vitest";
import { bytesOf, listOf, rejectsWith } from "../../test/support/expect.ts";
import { pushArtifact, seededArtifact, seededBlob } from "../../test/support/fixtures.ts";
import { openRemote } from "../../test/support/registry/open-remote.ts";
import { scratchDirectory } from "../../test/support/scratch.ts";
import { digestOf } from "../base/digest.ts";
import { LayoutRegistry } from "../stores/layout/index.ts";
import { MemoryRegistry } from "../stores/memory/index.ts";
import type { Repository } from "./content.ts";
import { type CopySource, copy } from "./copy.ts";
import { type Descriptor, identity } from "./descriptor.ts";
import { mediaTypes } from "./media-types.ts";
import { bytesSource } from "./source.ts";

const fresh = (): Repository => new MemoryRegistry().repository("ml/risk");

/** A store that answers some calls in its own way. */
function bent(store: Repository, change: Partial<Repository>): Repository {
  return new Proxy(store, {
    get(target, name) {
      const value: unknown = name in change ? change[name as keyof Repository] : Reflect.get(target, name);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

describe("copy: a destination that has only half of it", () => {
  it("sends the blob that is missing under a manifest that is there", async () => {
    const source = fresh();
    const artifact = seededArtifact(1, { layers: [seededBlob(1), seededBlob(2)] });
    const root = await pushArtifact(source, artifact);
    const { server, repository } = await openRemote();
    await copy(source, repository, root, { tag: "v1" });
    const lost = seededBlob(2).descriptor;
    server.state.repositories.get(repository.name)?.blobs.delete(lost.digest);
    const report = await copy(source, repository, root, { tag: "v1" });
    expect(report).toMatchObject({ manifests: { present: 1 }, blobs: { copied: 1, present: 2 }, bytes: lost.size });
    expect(await repository.exists(lost)).toBe(true);
  });

  it("sends the referrers that are missing, and puts one that no list names on it", async () => {
    const source = fresh();
    const root = await pushArtifact(source, seededArtifact(1));
    for (const seed of [2, 3]) await pushArtifact(source, seededArtifact(seed, { subject: identity(root) }));
    const { server, repository } = await openRemote({ referrers: "tag" });
    await copy(source, repository, root, { referrers: true });
    server.state.repositories.get(repository.name)?.tags.clear();
    await copy(source, repository, root, { referrers: true });
    expect(await listOf(repository.referrers(root))).toHaveLength(2);
  });
});

describe("copy: a source that cannot be trusted", () => {
  it("stops at content that is not what its descriptor says, and writes no manifest", async () => {
    const { server, repository: source } = await openRemote();
    const artifact = seededArtifact(1);
    const root = await pushArtifact(source, artifact);
    server.corrupt(source.name, seededBlob(1).descriptor.digest);
    const { server: there, repository: destination } = await openRemote();
    const error = await rejectsWith(copy(source, destination, root, { tag: "v1" }), "COPY_FAILED");
    expect(error).toMatchObject({ side: "source", operation: "fetch", cause: { code: "DIGEST_MISMATCH" } });
    expect(there.count("manifest.put")).toBe(0);
    expect(await destination.exists(seededBlob(1).descriptor)).toBe(false);
  });

  it("blames the source, too, where the destination is who verifies a long blob", async () => {
    const { server, repository: source } = await openRemote();
    const long = seededBlob(7, 1_300_000);
    const root = await pushArtifact(source, seededArtifact(1, { layers: [long] }));
    server.corrupt(source.name, long.descriptor.digest);
    const destination = new LayoutRegistry({ root: await scratchDirectory() }).repository("ml/risk");
    const error = await rejectsWith(copy(source, destination, root, { tag: "v1" }), "COPY_FAILED");
    expect(error).toMatchObject({ side: "source", operation: "fetch", cause: { code: "DIGEST_MISMATCH" } });
    expect(await destination.exists(long.descriptor)).toBe(false);
  });

  it("follows no address that a layer gives, and says what it left out", async () => {
    const { server, repository: source } = await openRemote();
    const hostile = await openRemote();
    const layer = { ...seededBlob(9).descriptor, urls: [`${hostile.server.url}/v2/x/blobs/y`] };
    const config = seededBlob(1);
    await source.push(config);
    const value = { schemaVersion: 2, mediaType: mediaTypes.imageManifest, config: config.descriptor, layers: [layer] };
    const raw = Buffer.from(JSON.stringify(value));
    const manifest = manifestOf(raw);
    // The source took it although it lacks the layer, as registries do with foreign layers.
    server.state.open(source.name).manifests.set(manifest.digest, { bytes: raw, mediaType: manifest.mediaType });
    const taken: Descriptor[] = [];
    const destination = bent(fresh(), { push: async ({ descriptor }) => void taken.push(descriptor) });
    const report = await copy(source, destination, manifest);
    expect(report.skipped).toMatchObject([{ descriptor: { digest: layer.digest }, reason: "foreign" }]);
    expect(taken.map(({ digest }) => digest)).toEqual([config.descriptor.digest, manifest.digest]);
    expect(hostile.server.requests).toEqual([]);
  });

  it("ends when referrers refer to one another", async () => {
    const store = fresh();
    const root = await pushArtifact(store, seededArtifact(1));
    const other = await pushArtifact(store, seededArtifact(2));
    const source: CopySource = bent(store, {
      referrers: async function* ({ digest }) {
        yield digest === root.digest ? other : root;
        yield other;
      },
    });
    const report = await copy(source, fresh(), root, { referrers: true });
    expect(report.manifests.copied).toBe(2);
  });

  it("leaves out a referrer that is listed but gone, and says so", async () => {
    const store = fresh();
    const root = await pushArtifact(store, seededArtifact(1));
    const gone = seededArtifact(2).manifest.descriptor;
    const source = bent(store, {
      referrers: async function* ({ digest }) {
        if (digest === root.digest) yield gone;
      },
    });
    const report = await copy(source, fresh(), root, { referrers: true });
    expect(report.skipped).toMatchObject([{ descriptor: { digest: gone.digest }, reason: "missing" }]);
  });

  it("does not take a referrer without its blobs for one that is gone", async () => {
    const store = fresh();
    const root = await pushArtifact(store, seededArtifact(1));
    await pushArtifact(store, seededArtifact(2, { subject: identity(root) }));
    await store.delete(seededBlob(2).descriptor);
    const error = await rejectsWith(copy(store, fresh(), root, { referrers: true }), "COPY_FAILED");
    expect(error).toMatchObject({ side: "source", cause: { code: "NOT_FOUND" } });
  });

  it("refuses a chain of referrers without end", async () => {
    const store = fresh();
    let seed = 1;
    const root = await pushArtifact(store, seededArtifact(seed));
    const source = bent(store, {
      referrers: async function* (subject) {
        yield await pushArtifact(store, seededArtifact(++seed, { subject: identity(subject) }));
      },
    });
    await rejectsWith(copy(source, fresh(), root, { referrers: true }), "LIMIT_EXCEEDED");
    expect(seed).toBeLessThan(40);
  });

  it("says that a source without a list of referrers cannot have them copied", async () => {
    const store = fresh();
    const root = await pushArtifact(store, seededArtifact(1));
    const { referrers: _none, ...source } = {
      referrers: undefined,
      fetch: store.fetch.bind(store),
      fetchRange: store.fetchRange.bind(store),
      exists: store.exists.bind(store),
      resolve: store.resolve.bind(store),
    };
    const error = await rejectsWith(copy(source, fresh(), root, { referrers: true }), "COPY_FAILED");
    expect(error.cause).toMatchObject({ code: "UNSUPPORTED" });
  });
});

describe("copy: an upload that goes on in the middle", () => {
  it("reads the source from there, and no byte before it", async () => {
    const { server, repository: source } = await openRemote();
    const layer = seededBlob(1, 5_000);
    const root = await pushArtifact(source, seededArtifact(1, { layers: [layer] }));
    const rest: Buffer[] = [];
    const destination = bent(fresh(), {
      push: async (blob) => {
        if (blob.descriptor.digest === layer.descriptor.digest) rest.push(await bytesOf(blob.open(4_000)));
      },
    });
    await copy(source, destination, root);
    expect(rest).toEqual([(await bytesOf(layer.open())).subarray(4_000)]);
    const asked = server.requests.filter(
      ({ route, path }) => route === "blob.get" && path.includes(layer.descriptor.digest),
    );
    expect(asked.map(({ headers }) => headers["range"])).toEqual(["bytes=4000-4999"]);
  });
});

describe("copy: between repositories of one registry", () => {
  it("mounts the blobs and moves the manifest's bytes only", async () => {
    const { registry, server, repository: source } = await openRemote();
    const root = await pushArtifact(source, seededArtifact(1, { layers: [seededBlob(1, 100_000)] }));
    const before = server.count("blob.get");
    const report = await copy(source, registry.repository("other/risk"), root, { mountFrom: source.name });
    expect(report).toMatchObject({ blobs: { copied: 0, mounted: 2, present: 0 }, bytes: root.size });
    expect(server.count("blob.get")).toBe(before);
    const again = await copy(source, registry.repository("other/risk"), root, { mountFrom: source.name });
    expect(again.blobs).toEqual({ copied: 0, mounted: 0, present: 2 });
  });

  it("sends what the registry does not mount", async () => {
    const { registry, repository: source } = await openRemote({ noMount: true });
    const root = await pushArtifact(source, seededArtifact(1));
    const report = await copy(source, registry.repository("other/risk"), root, { mountFrom: source.name });
    expect(report.blobs).toEqual({ copied: 2, mounted: 0, present: 0 });
  });
});

describe("copy: what it costs", () => {
  it("keeps no more requests in flight than it was told", async () => {
    const source = fresh();
    const layers = Array.from({ length: 12 }, (_, seed) => seededBlob(seed + 1));
    const root = await pushArtifact(source, seededArtifact(1, { layers }));
    let running = 0;
    let most = 0;
    const target = fresh();
    const destination = bent(target, {
      push: async (blob, options) => {
        most = Math.max(most, ++running);
        await new Promise((done) => setTimeout(done, 2));
        await target.push(blob, options);
        running--;
      },
    });
    await copy(source, destination, root, { concurrency: 3 });
    expect(most).toBe(3);
  });

  it("asks for a blob that is there with one HEAD, and opens nothing", async () => {
    const source = fresh();
    const layers = [1, 2, 3].map((seed) => seededBlob(seed));
    const root = await pushArtifact(source, seededArtifact(1, { layers }));
    const { server, repository } = await openRemote();
    await copy(source, repository, root);
    const before = server.requests.length;
    await copy(source, repository, root);
    const added = server.requests.slice(before).map(({ method }) => method);
    expect(added.filter((method) => method === "HEAD")).toHaveLength(5);
    expect(added.filter((method) => method !== "HEAD" && method !== "GET")).toEqual([]);
  });

  it("marks a destination that refuses the bytes as the one at fault", async () => {
    const source = fresh();
    const root = await pushArtifact(source, seededArtifact(1));
    const { repository } = await openRemote({
      faults: [{ route: "upload.post", times: Infinity, action: { kind: "answer", status: 403 } }],
    });
    const error = await rejectsWith(copy(source, repository, root), "COPY_FAILED");
    expect(error).toMatchObject({ side: "destination", operation: "push", cause: { code: "DENIED" } });
  });

  it("takes a layer for a blob whatever its type says", async () => {
    const source = fresh();
    const inner = seededArtifact(2).manifest;
    const layer = bytesSource({ ...identity(inner.descriptor), mediaType: mediaTypes.octetStream }, inner.raw);
    const value = {
      schemaVersion: 2,
      mediaType: mediaTypes.imageManifest,
      config: seededBlob(1).descriptor,
      layers: [identity(inner.descriptor)],
    };
    const raw = Buffer.from(JSON.stringify(value));
    for (const each of [seededBlob(1), layer, bytesSource(manifestOf(raw), raw)]) await source.push(each);
    const destination = fresh();
    await copy(source, destination, manifestOf(raw));
    expect(await destination.exists(layer.descriptor)).toBe(true);
  });
});

/** The descriptor of a manifest's bytes. */
function manifestOf(raw: Uint8Array): Descriptor {
  return { mediaType: mediaTypes.imageManifest, digest: digestOf(raw), size: raw.byteLength };
}
