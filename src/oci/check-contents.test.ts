import { rm, truncate } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { rejectsWith } from "../../test/support/expect.ts";
import { pushArtifact, seededArtifact, seededBlob } from "../../test/support/fixtures.ts";
import { layoutDirectory } from "../../test/support/layout-directory.ts";
import { openRemote } from "../../test/support/registry/open-remote.ts";
import { checkContents } from "./check-contents.ts";
import type { Repository } from "./content.ts";
import { identity } from "./descriptor.ts";

/** Version 1 with a signature on a signature. */
async function fill(store: Repository) {
  const model = await pushArtifact(store, seededArtifact(1, { layers: [seededBlob(1), seededBlob(2)] }));
  const evidence = await pushArtifact(store, seededArtifact(3, { subject: identity(model) }));
  const signature = await pushArtifact(store, seededArtifact(4, { subject: identity(evidence) }));
  await store.tag(model, "v1");
  return { model, evidence, signature };
}

describe("checkContents", () => {
  it("reads everything once, and finds a whole store whole", async () => {
    await using layout = await layoutDirectory();
    await fill(layout.risk);
    expect(await checkContents(layout.risk)).toMatchObject({ manifests: 3, blobs: 5, problems: [] });
    expect(await checkContents(layout.registry.repository("nobody"))).toMatchObject({ manifests: 0, problems: [] });
  });

  it("finds missing and damaged content, all of it, and who names it", async () => {
    await using layout = await layoutDirectory();
    const { model, evidence } = await fill(layout.risk);
    await rm(layout.blobPath(seededBlob(1).descriptor.digest));
    await truncate(layout.blobPath(seededBlob(3).descriptor.digest), 10);
    const { problems, blobs } = await checkContents(layout.risk);
    expect(blobs).toBe(3);
    expect(problems).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ what: seededBlob(1).descriptor.digest, namedBy: model.digest, code: "NOT_FOUND" }),
        expect.objectContaining({ what: seededBlob(3).descriptor.digest, namedBy: evidence.digest }),
      ]),
    );
    expect(problems).toHaveLength(2);
  });

  it("finds a manifest that is gone, and the list that it is missing from", async () => {
    await using layout = await layoutDirectory();
    const { signature } = await fill(layout.risk);
    await rm(layout.blobPath(signature.digest));
    const { problems } = await checkContents((await layoutAgain(layout.root)).repository("risk"));
    expect(problems.length).toBeGreaterThan(0);
    expect(problems[0]?.message).toContain(signature.digest);
  });

  it("finds a flipped bit behind a registry", async () => {
    const { server, repository } = await openRemote();
    await fill(repository);
    server.corrupt(repository.name, seededBlob(2).descriptor.digest);
    const { problems } = await checkContents(repository);
    expect(problems).toMatchObject([{ what: seededBlob(2).descriptor.digest, code: "DIGEST_MISMATCH" }]);
  });

  it("does not take an outage for damage", async () => {
    const { server, repository } = await openRemote();
    await fill(repository);
    server.addFault({ route: "blob.get", times: Infinity, action: { kind: "answer", status: 503 } });
    await rejectsWith(checkContents(repository), "UNAVAILABLE");
  });
});

/** The same directory, without what the first opener remembers. */
async function layoutAgain(root: string) {
  const { LayoutRegistry } = await import("../stores/layout/index.ts");
  return new LayoutRegistry({ root });
}
