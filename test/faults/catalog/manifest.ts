import assert from "node:assert/strict";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { digestOf } from "../../../src/base/digest.ts";
import { readModel } from "../../../src/model/index.ts";
import { copy, type Descriptor, mediaTypes, type Repository, referrerTree } from "../../../src/oci/index.ts";
import { MemoryRegistry } from "../../../src/stores/memory/index.ts";
import { type Answer, answer, type Intercept } from "../../support/faults/index.ts";
import { blobOf } from "../../support/fixtures.ts";
import type { FaultCase, FaultGroup } from "../fault-case.ts";
import { modelName } from "../model.ts";
import { always, pull, use } from "../transfer.ts";

const image = { "content-type": mediaTypes.imageManifest };
const empty = { mediaType: mediaTypes.emptyJson, digest: digestOf(Buffer.from("{}")), size: 2 };
const megabytes = (count: number) => Buffer.alloc(count * 1024 * 1024, " ");

/** Answers HEAD and GET of any manifest with these bytes, under their own digest. */
const serving = (raw: Uint8Array | string, headers: Record<string, string> = {}): Intercept => {
  const bytes = Buffer.from(raw);
  return ({ route }) =>
    route === "manifest.head" || route === "manifest.get"
      ? answer(200, { ...image, "docker-content-digest": digestOf(bytes), ...headers }, bytes)
      : undefined;
};

/** No HEAD, so that everything is learnt from the GET. */
const onlyGet = (give: () => Answer) =>
  pull({ registry: { noManifestHead: true }, front: ({ route }) => (route === "manifest.get" ? give() : undefined) });

const imageText = (fields: string) =>
  `{"schemaVersion":2,"mediaType":${JSON.stringify(mediaTypes.imageManifest)},"config":${JSON.stringify(empty)},${fields}}`;

/** An index in an index in an index. */
async function nested(store: Repository, depth: number): Promise<Descriptor> {
  await store.push(blobOf(Buffer.from("{}"), { mediaType: mediaTypes.emptyJson }));
  let inner = blobOf(Buffer.from(imageText('"layers":[]')), { mediaType: mediaTypes.imageManifest });
  await store.push(inner);
  for (let level = 0; level < depth; level++) {
    const value = { schemaVersion: 2, mediaType: mediaTypes.imageIndex, manifests: [inner.descriptor] };
    inner = blobOf(Buffer.from(JSON.stringify(value)), { mediaType: mediaTypes.imageIndex });
    await store.push(inner);
  }
  return inner.descriptor;
}

const refused = (id: string, title: string, raw: string, expected = "INVALID_MANIFEST"): FaultCase => ({
  id,
  title,
  expected,
  requestsAtMost: 2,
  arrange: pull({ front: serving(raw) }),
});

const cases: readonly FaultCase[] = [
  {
    id: "manifest-64-mib",
    title: "manifest of 64 MiB",
    expected: "LIMIT_EXCEEDED",
    how: "4 MiB; refused by its declared length",
    requestsAtMost: 2,
    peers: {
      oras: "refused (4 MiB)",
      regctl: "refused (8 MiB)",
      crane: "**accepted** (limit 100 MiB)",
      skopeo: "refused (4 MiB)",
      ctr: "refused (~4.2 MiB)",
    },
    arrange: async (world) => pull({ front: serving(megabytes(64)) })(world),
  },
  {
    id: "manifest-endless",
    title: "manifest without end, and without Content-Length",
    expected: "LIMIT_EXCEEDED",
    how: "stops at 4 MiB",
    requestsAtMost: 2,
    arrange: onlyGet(() => (_request, response) => {
      response.writeHead(200, image);
      const more = () => {
        while (!response.destroyed && response.write(megabytes(1)));
      };
      response.on("drain", more);
      more();
    }),
  },
  {
    id: "manifest-gzip-bomb",
    title: "gzip-encoded manifest, 200 MiB inflated",
    expected: "INVALID_MANIFEST",
    how: "asks for identity and never inflates",
    requestsAtMost: 3,
    peers: {
      oras: "refused after inflating to its limit",
      regctl: "refused",
      crane: "refused (100 MiB), 0.8 s",
      skopeo: "refused",
      ctr: "refused",
    },
    arrange: async (world) => {
      const bomb = await promisify(gzip)(megabytes(200));
      return onlyGet(() => answer(200, { ...image, "content-encoding": "gzip" }, bomb))(world);
    },
  },
  {
    id: "manifest-digest-lie",
    title: "Docker-Content-Digest is not that of the body (pull by tag)",
    expected: "DIGEST_MISMATCH",
    requestsAtMost: 2,
    peers: { oras: "fails", regctl: "fails", crane: "**accepted**", skopeo: "**accepted**", ctr: "fails" },
    arrange: pull({
      front: serving(imageText('"layers":[]'), { "docker-content-digest": `sha256:${"0".repeat(64)}` }),
    }),
  },
  {
    id: "manifest-digest-lie-in-get",
    title: "HEAD and GET say different digests",
    expected: "BAD_RESPONSE",
    requestsAtMost: 2,
    arrange: pull({
      faults: [
        always("manifest.get", { kind: "headers", headers: { "docker-content-digest": `sha256:${"0".repeat(64)}` } }),
      ],
    }),
  },
  {
    id: "manifest-head-size-lie",
    title: "HEAD says another length than the manifest has",
    expected: "TRAILING_DATA",
    requestsAtMost: 2,
    arrange: pull({ faults: [always("manifest.head", { kind: "headers", headers: { "content-length": "5" } })] }),
  },
  {
    id: "manifest-type-confusion",
    title: "served as an index, and its mediaType says image manifest",
    expected: "INVALID_MANIFEST",
    requestsAtMost: 2,
    arrange: pull({
      front: serving(imageText('"layers":[],"manifests":[]'), { "content-type": mediaTypes.imageIndex }),
    }),
  },
  {
    id: "manifest-type-changes",
    title: "HEAD and GET say different media types",
    expected: "BAD_RESPONSE",
    requestsAtMost: 2,
    arrange: pull({
      faults: [always("manifest.get", { kind: "headers", headers: { "content-type": mediaTypes.imageIndex } })],
    }),
  },
  refused("manifest-duplicate-keys", "duplicate keys", imageText(`"layers":[],"layers":[${JSON.stringify(empty)}]`)),
  refused("manifest-deep-json", "JSON nested 100,000 deep", `${"[".repeat(100_000)}${"]".repeat(100_000)}`),
  refused("manifest-html", "an HTML page under a manifest's media type", "<h1>hi</h1>"),
  refused(
    "manifest-negative-size",
    "a layer of a negative size",
    imageText(`"layers":[${JSON.stringify({ ...empty, size: -1 })}]`),
  ),
  {
    id: "manifest-10000-layers",
    title: "10,000 layers",
    expected: "ok",
    how: "reads them all; the limit is the manifest's 4 MiB",
    requestsAtMost: 2,
    arrange: use(
      {
        front: serving(
          imageText(
            `"layers":[${Array.from({ length: 10_000 }, (_, at) =>
              JSON.stringify({ ...empty, annotations: { "org.opencontainers.image.title": `f${at}` } }),
            ).join(",")}]`,
          ),
        ),
      },
      async (registry) => {
        const repository = registry.repository(modelName);
        assert.equal((await readModel(repository, await repository.resolve("v1"))).files.length, 10_000);
      },
    ),
  },
  {
    id: "index-depth",
    title: "indexes nested 40 deep, in a copy",
    expected: "LIMIT_EXCEEDED",
    requestsAtMost: 0,
    arrange: async () => {
      const source = new MemoryRegistry().repository("a");
      const root = await nested(source, 40);
      return () => copy(source, new MemoryRegistry().repository("b"), root);
    },
  },
  {
    id: "index-cycle",
    title: "an index that names itself, from a registry that serves it under any digest, in a copy",
    expected: "COPY_FAILED",
    how: "content is its digest or it is nothing, so that a circle never closes",
    requestsAtMost: 8,
    arrange: use(
      {
        front: ({ route, path }) => {
          if (route !== "manifest.get" && route !== "manifest.head") return undefined;
          const own = /sha256:[0-9a-f]{64}/.exec(path)?.[0] ?? `sha256:${"c".repeat(64)}`;
          const child = { mediaType: mediaTypes.imageIndex, digest: own, size: 300 };
          const text = JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.imageIndex, manifests: [child] });
          const headers = { "content-type": mediaTypes.imageIndex, "docker-content-digest": own };
          return answer(200, headers, text.padEnd(300));
        },
      },
      async (registry) => {
        const source = registry.repository(modelName);
        const root = await source.resolve("v1");
        await copy(source, new MemoryRegistry().repository("b"), root).catch((error: Error) => {
          assert.equal((error.cause as { code?: string }).code, "DIGEST_MISMATCH");
          throw error;
        });
      },
    ),
  },
  {
    id: "referrer-cycle",
    title: "manifests that refer to one another in a circle",
    expected: "ok",
    how: "each is visited once",
    requestsAtMost: 8,
    arrange: use(
      {
        front: ({ route }) => {
          if (route !== "referrers") return undefined;
          const manifests = ["a", "b"].map((digit) => {
            return { mediaType: mediaTypes.imageManifest, digest: `sha256:${digit.repeat(64)}`, size: 2 };
          });
          const index = JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.imageIndex, manifests });
          return answer(200, { "content-type": mediaTypes.imageIndex }, index);
        },
      },
      async (registry) => {
        const repository = registry.repository(modelName);
        await referrerTree(repository, await repository.resolve("v1"));
      },
    ),
  },
];

export const manifest: FaultGroup = {
  title: "Manifests",
  about: "A pull by tag, unless a case says otherwise: HEAD, then GET by digest.",
  cases,
};
