import { describe, expect, it } from "vitest";
import { listOf, rejectsWith } from "../../../test/support/expect.ts";
import { pushArtifact, seededArtifact } from "../../../test/support/fixtures.ts";
import { openRemote, type RegistryOptions } from "../../../test/support/registry/index.ts";
import { pageLimit } from "../../base/limits.ts";

const always = Number.POSITIVE_INFINITY;
const json = { "content-type": "application/json" };

async function tagged(count: number, options: RegistryOptions = {}) {
  const opened = await openRemote(options);
  const target = await pushArtifact(opened.repository, seededArtifact(1));
  const names = Array.from({ length: count }, (_, n) => `v${n + 1}`);
  for (const name of names) await opened.repository.tag(target, name);
  return { ...opened, target, names };
}

describe("tags", () => {
  it("come page by page", async () => {
    const { repository, server, names } = await tagged(7, { pageSize: 3 });
    expect((await listOf(repository.tags())).sort()).toEqual(names);
    expect(server.count("tags")).toBe(3);
  });

  for (const [what, link] of [
    ["lead to another host", "<http://127.0.0.2:1/v2/x/tags/list>; rel=next"],
    ["lead to another port", "<http://127.0.0.1:1/v2/x/tags/list>; rel=next"],
  ] as const) {
    it(`are refused when their links ${what}`, async () => {
      const { repository, server } = await tagged(1);
      server.addFault({ route: "tags", action: { kind: "headers", headers: { link } } });
      await rejectsWith(listOf(repository.tags()), "REDIRECT_REFUSED");
    });
  }

  it("end when pages repeat, and when they never end", async () => {
    const { repository, server } = await tagged(1);
    const fault = (link: string) =>
      server.addFault({ route: "tags", action: { kind: "headers", headers: { link } }, times: always });
    fault('<?n=1000>; rel="next"');
    await rejectsWith(listOf(repository.tags()), "BAD_RESPONSE");
    expect(server.count("tags")).toBe(1);
    server.clearFaults();
    fault('<?last={n}>; rel="next"');
    await rejectsWith(listOf(repository.tags()), "BAD_RESPONSE");
    expect(server.count("tags")).toBe(1 + pageLimit);
  });

  for (const [what, body, expected] of [
    ["null", '{"name":"x","tags":null}', []],
    ["absent", '{"name":"x"}', []],
    ["there twice", '{"tags":["a","b","a"]}', ["a", "b"]],
    [
      "cosign's old ones too",
      `{"tags":["sha256-${"a".repeat(64)}","sha256-${"a".repeat(64)}.sig"]}`,
      [`sha256-${"a".repeat(64)}.sig`],
    ],
  ] as const) {
    it(`may be ${what}`, async () => {
      const { repository, server } = await openRemote();
      server.addFault({ route: "tags", action: { kind: "answer", status: 200, headers: json, body } });
      expect(await listOf(repository.tags())).toEqual(expected);
    });
  }

  for (const [what, body] of [
    ["an HTML page", "<html>"],
    ["another shape", '{"tags":"v1"}'],
    ["a list", '["v1"]'],
    ["a number among the names", '{"tags":["v1",2]}'],
    ["a name that no tag can have", '{"tags":["v1","\\u001b[2J"]}'],
  ] as const) {
    it(`are refused from ${what}`, async () => {
      const { repository, server } = await openRemote();
      server.addFault({ route: "tags", action: { kind: "answer", status: 200, headers: json, body } });
      await rejectsWith(listOf(repository.tags()), "BAD_RESPONSE");
    });
  }

  it("a list that breaks off with 404 is not taken for complete", async () => {
    const { repository, server } = await tagged(5, { pageSize: 2 });
    server.addFault({ route: "tags", action: { kind: "answer", status: 404 }, skip: 1 });
    await rejectsWith(listOf(repository.tags()), "BAD_RESPONSE");
  });
});

describe("tag", () => {
  it("once: a tag that somebody else wins between look and write is a CONFLICT", async () => {
    const { repository, server, target } = await tagged(0);
    const other = await pushArtifact(repository, seededArtifact(2));
    // The registry says that there is no such tag, then that it holds another one.
    server.addFault({ route: "manifest.head", action: { kind: "answer", status: 404 } });
    await repository.tag(other, "v1");
    server.addFault({
      route: "manifest.head",
      action: { kind: "headers", headers: { "docker-content-digest": other.digest } },
    });
    await rejectsWith(repository.tag(target, "v1", { once: true }), "CONFLICT");
  });

  it("on a registry that refuses to move tags is a CONFLICT, once or not", async () => {
    const { repository, target } = await tagged(1, { immutableTags: { status: 412 } });
    const other = await pushArtifact(repository, seededArtifact(2));
    await rejectsWith(repository.tag(other, "v1"), "CONFLICT");
    await repository.tag(target, "v1");
    expect((await repository.resolve("v1")).digest).toBe(target.digest);
  });

  it("a refusal that is not about the tag stays what it is", async () => {
    const { repository, server, target } = await tagged(0);
    server.addFault({ route: "manifest.put", action: { kind: "answer", status: 403 } });
    await rejectsWith(repository.tag(target, "v1"), "DENIED");
  });
});

describe("untag", () => {
  for (const [what, options] of [
    ["no deletion", { noDelete: true }],
    ["no deletion of tags", { noTagDelete: true }],
  ] as const) {
    it(`is UNSUPPORTED where there is ${what}, and nothing is gone`, async () => {
      const { repository, target } = await tagged(1, options);
      await rejectsWith(repository.untag("v1"), "UNSUPPORTED");
      await rejectsWith(repository.untag("../../x"), "INVALID_REFERENCE");
      expect((await repository.resolve("v1")).digest).toBe(target.digest);
    });
  }
});
