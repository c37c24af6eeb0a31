import assert from "node:assert/strict";
import { digestOf } from "../../../src/base/digest.ts";
import { attach, mediaTypes } from "../../../src/oci/index.ts";
import type { RemoteRegistry } from "../../../src/stores/remote/index.ts";
import { listOf } from "../../support/expect.ts";
import { answer, type Intercept } from "../../support/faults/index.ts";
import { seededBlob } from "../../support/fixtures.ts";
import type { FaultCase, FaultGroup } from "../fault-case.ts";
import { modelName } from "../model.ts";
import { always, type TransferFault, use } from "../transfer.ts";
import type { World } from "../world.ts";

const index = { "content-type": mediaTypes.imageIndex };
const json = { "content-type": "application/json" };
const indexText = (manifests: readonly unknown[]) =>
  JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.imageIndex, manifests });
const entry = (number: number, annotations = {}) => {
  return { mediaType: mediaTypes.imageManifest, digest: digestOf(Buffer.from(`${number}`)), size: 2, annotations };
};

/** Lists the referrers of the model. */
const referrers = (fault: TransferFault, expected?: number) =>
  use(fault, async (registry) => {
    const repository = registry.repository(modelName);
    const found = await listOf(repository.referrers(await repository.resolve("v1")));
    if (expected !== undefined) assert.equal(found.length, expected, "referrers");
  });

/** Lists the tags. */
const tags = (fault: TransferFault, expected?: readonly string[]) =>
  use(fault, async (registry) => {
    const found = await listOf(registry.repository(modelName).tags());
    if (expected) assert.deepEqual([...found].sort(), expected);
  });

const on =
  (route: "referrers" | "tags", give: (number: number) => ReturnType<Intercept>): Intercept =>
  (passing) =>
    passing.route === route ? give(passing.number) : undefined;

const attachTo = async (registry: RemoteRegistry, number: number) => {
  const repository = registry.repository(modelName);
  const layers = [seededBlob(100 + number)];
  return attach(repository, await repository.resolve("v1"), { artifactType: "application/vnd.test.v1", layers });
};

/** A server that the next page is said to be on, which must not be asked. */
const elsewhere = (
  route: "referrers" | "tags",
  list: typeof referrers | typeof tags,
  body: string,
  headers: Record<string, string>,
) =>
  list({
    prepare: async (world: World) => {
      const other = await world.front(undefined, () => answer(200, json, '{"tags":[]}'));
      world.afterwards(() => assert.equal(other.requests.length, 0, "requests to the other host"));
      const link = `<${other.url}/v2/x>; rel="next"`;
      return { front: on(route, () => answer(200, { ...headers, link }, body)) };
    },
  });

const endless = { peers: { crane: "n/a", skopeo: "n/a", ctr: "no paging: one GET, then the fallback tag (source)" } };

const cases: readonly FaultCase[] = [
  {
    id: "referrers-endless-new",
    title: "referrers: `Link` forever, new URLs",
    expected: "BAD_RESPONSE",
    how: "1,000 pages",
    requestsAtMost: 1_010,
    peers: { oras: "**never stops** (154,000 GETs in 15 s)", regctl: "**never stops** (7,800)", ...endless.peers },
    arrange: referrers({
      front: on("referrers", (number) =>
        answer(200, { ...index, link: `<?page=${number}>; rel="next"` }, indexText([])),
      ),
    }),
  },
  {
    id: "referrers-endless-entries",
    title: "referrers: `Link` forever, with new entries on each page",
    expected: "LIMIT_EXCEEDED",
    how: "20,000 referrers",
    requestsAtMost: 1_010,
    arrange: referrers({
      front: on("referrers", (number) =>
        answer(
          200,
          { ...index, link: `<?page=${number}>; rel="next"` },
          indexText(Array.from({ length: 100 }, (_, at) => entry(number * 100 + at))),
        ),
      ),
    }),
  },
  {
    id: "referrers-endless-same",
    title: "referrers: `Link` forever, the same URL",
    expected: "BAD_RESPONSE",
    requestsAtMost: 3,
    peers: { oras: "**never stops** (141,000 GETs in 15 s)", regctl: "**never stops** (72,000)", ...endless.peers },
    arrange: referrers({
      front: on("referrers", () => answer(200, { ...index, link: '<?page=1>; rel="next"' }, indexText([]))),
    }),
  },
  {
    id: "referrers-link-other-host",
    title: "referrers: the next page on another host",
    expected: "REDIRECT_REFUSED",
    requestsAtMost: 2,
    arrange: elsewhere("referrers", referrers, indexText([]), index),
  },
  {
    id: "referrers-404",
    title: "referrers: 404, and no fallback tag",
    expected: "ok",
    how: "there are none",
    requestsAtMost: 3,
    arrange: referrers({ registry: { referrers: "tag" } }, 0),
  },
  {
    id: "referrers-empty",
    title: "referrers: 200 and an empty list",
    expected: "ok",
    how: "looks at the fallback tag, too: the list may be younger than the attachments",
    requestsAtMost: 3,
    arrange: referrers({}, 0),
  },
  {
    id: "referrers-html",
    title: "referrers: 200 and an HTML page",
    expected: "ok",
    how: "takes it for no list, and reads the fallback tag",
    requestsAtMost: 3,
    arrange: referrers(
      { front: on("referrers", () => answer(200, { "content-type": "text/html" }, "<h1>hi</h1>")) },
      0,
    ),
  },
  {
    id: "referrers-false-subject",
    title: "OCI-Subject without the API (ECR before 2024)",
    expected: "ok",
    how: "asks for the list before it believes the header, and writes the fallback tag",
    requestsAtMost: 25,
    arrange: use({ registry: { falseSubjectHeader: true } }, async (registry) => {
      await attachTo(registry, 1);
      const repository = registry.repository(modelName);
      assert.equal((await listOf(repository.referrers(await repository.resolve("v1")))).length, 1);
    }),
  },
  {
    id: "referrers-foreign",
    title: "referrers: foreign entries with strange annotations",
    expected: "ok",
    how: "hints, never proof: listed as they are",
    requestsAtMost: 2,
    arrange: referrers(
      {
        front: on("referrers", () =>
          answer(200, index, indexText([entry(1, { "a\u001b[2Jb": "x".repeat(100_000) }), entry(1)])),
        ),
      },
      1,
    ),
  },
  {
    id: "referrers-huge",
    title: "referrers: annotations of 33 MiB",
    expected: "LIMIT_EXCEEDED",
    requestsAtMost: 2,
    arrange: async (world) => {
      const body = indexText([entry(1, { a: "x".repeat(33 * 1024 * 1024) })]);
      return referrers({ front: on("referrers", () => answer(200, index, body)) })(world);
    },
  },
  {
    id: "referrers-malformed",
    title: "referrers: an entry without a digest",
    expected: "BAD_RESPONSE",
    requestsAtMost: 2,
    arrange: referrers({
      front: on("referrers", () => answer(200, index, indexText([{ mediaType: "x/y", size: 1 }]))),
    }),
  },
  {
    id: "referrers-lost-update",
    title: "8 writers attach to one subject at a time, on a fallback tag",
    expected: "ok",
    how: "reads back and merges again: 8 of 8 are found",
    requestsAtMost: 600,
    peers: { oras: "10 writers: **1 to 3 of 10 found**, exit 0" },
    arrange: use({ registry: { referrers: "tag" } }, async (registry, server, world) => {
      const retry = { minDelayMs: 250, maxDelayMs: 2_000 };
      const writers = Array.from({ length: 8 }, () => world.connect(server.host, { retry }));
      await Promise.all(writers.map((writer, number) => attachTo(writer, number)));
      const repository = registry.repository(modelName);
      assert.equal((await listOf(repository.referrers(await repository.resolve("v1")))).length, 8);
    }),
  },
  {
    id: "referrers-wrong-type",
    title: "an image manifest behind the fallback tag",
    expected: "INVALID_MANIFEST",
    how: "said, rather than overwritten",
    requestsAtMost: 12,
    arrange: use({ registry: { referrers: "tag" } }, async (registry) => {
      const repository = registry.repository(modelName);
      const subject = await repository.resolve("v1");
      const other = await attach(
        repository,
        { ...subject, digest: digestOf(Buffer.from("other")) },
        { artifactType: "a/b", layers: [] },
      );
      await repository.tag(other, subject.digest.replace(":", "-"));
      await listOf(repository.referrers(subject));
    }),
  },
  {
    id: "referrers-tag-is-subject",
    title: "the fallback tag is taken for the subject's digest (GitLab)",
    expected: "UNSUPPORTED",
    how: "nothing is overwritten or deleted",
    requestsAtMost: 15,
    arrange: use({ registry: { referrers: "tag", digestTags: true } }, (registry) => attachTo(registry, 1)),
  },
  {
    id: "tags-unsorted",
    title: "tags: in no order, `n` and `last` ignored, no Link (distribution 2.8)",
    expected: "ok",
    requestsAtMost: 1,
    arrange: tags({ front: on("tags", () => answer(200, json, '{"tags":["v9","v1","v10","v1"]}')) }, [
      "v1",
      "v10",
      "v9",
    ]),
  },
  {
    id: "tags-link-unquoted",
    title: "tags: `Link` with an unquoted rel (olareg), relative",
    expected: "ok",
    requestsAtMost: 2,
    arrange: tags(
      {
        front: on("tags", (number) =>
          number === 1
            ? answer(200, { ...json, link: "<list?last=v1>; rel=next" }, '{"tags":["v1"]}')
            : answer(200, json, '{"tags":["v2"]}'),
        ),
      },
      ["v1", "v2"],
    ),
  },
  {
    id: "tags-link-other-host",
    title: "tags: the next page on another host",
    expected: "REDIRECT_REFUSED",
    requestsAtMost: 1,
    arrange: elsewhere("tags", tags, '{"tags":["v1"]}', json),
  },
  {
    id: "tags-endless",
    title: "tags: `Link` forever, new URLs",
    expected: "BAD_RESPONSE",
    how: "1,000 pages",
    requestsAtMost: 1_010,
    arrange: tags({
      front: on("tags", (number) => answer(200, { ...json, link: `<?last=${number}>; rel="next"` }, '{"tags":[]}')),
    }),
  },
  {
    id: "tags-null",
    title: "tags: null",
    expected: "ok",
    requestsAtMost: 1,
    arrange: tags({ front: on("tags", () => answer(200, json, '{"name":"x","tags":null}')) }, []),
  },
  {
    id: "tags-escape",
    title: "tags: one that is a path and a terminal's control sequence",
    expected: "BAD_RESPONSE",
    requestsAtMost: 1,
    arrange: tags({ front: on("tags", () => answer(200, json, JSON.stringify({ tags: ["../\u001b[2J"] }))) }),
  },
  {
    id: "tags-html",
    title: "tags: an HTML page",
    expected: "BAD_RESPONSE",
    requestsAtMost: 1,
    arrange: tags({
      faults: [always("tags", { kind: "answer", status: 200, headers: { "content-type": "text/html" }, body: "<p>" })],
    }),
  },
];

export const lists: FaultGroup = {
  title: "Referrers and tags",
  about: "Lists of a repository with one model. A referrers list of a subject found by its tag takes two requests.",
  cases,
};
