import { describe, expect, it } from "vitest";
import { draftOf } from "../../test/support/evidence.ts";
import { listOf, rejectsWith } from "../../test/support/expect.ts";
import { newSigner, pushedModel, standingClock } from "../../test/support/trust.ts";
import { fetchImageManifest } from "../oci/fetch-manifest.ts";
import { verifyStatements } from "../trust/verify.ts";
import { attachEvidence } from "./attach-evidence.ts";
import type { EvidenceDraft } from "./draft.ts";
import type { Document } from "./predicates/document.ts";

const document = draftOf("document", "ops/runbook.md", "call bob", { role: "runbook" });

async function attached(draft: EvidenceDraft) {
  const { repository, subject } = await pushedModel();
  const signer = await newSigner();
  const options = { name: "ml/risk", signer, clock: standingClock };
  return { repository, subject, signer, options, ...(await attachEvidence(repository, subject, draft, options)) };
}

describe("attachEvidence", () => {
  it("puts the files into one manifest of their own, titled", async () => {
    const { repository, subject, files } = await attached(document);
    const { value } = await fetchImageManifest(repository, files!);
    expect(value).toMatchObject({
      artifactType: "application/vnd.mreg.evidence.v1+json",
      annotations: { "dev.mreg.kind": "document" },
      subject: { digest: subject.digest },
      layers: [
        { mediaType: "text/markdown", size: 8, annotations: { "org.opencontainers.image.title": "runbook.md" } },
      ],
    });
  });

  it("signs a statement that names the files by the digest of their layers", async () => {
    const { repository, subject, signer, statement, files } = await attached(document);
    const report = await verifyStatements(repository, subject, { keys: [signer.publicKey] });
    expect(report.verified.map(({ bundle }) => bundle.digest)).toEqual([statement.digest]);
    const predicate = report.verified[0]?.statement.predicate as unknown as Document;
    const [layer] = (await fetchImageManifest(repository, files!)).value.layers;
    expect(`sha256:${"sha256" in predicate.document.digest && predicate.document.digest.sha256}`).toBe(layer?.digest);
    expect(report.verified[0]?.statement).toMatchObject({
      predicateType: "https://mreg.dev/document/v1",
      subject: [{ name: "ml/risk" }],
      predicate: document.predicate,
    });
  });

  it("attaches no files where there are none", async () => {
    const { repository, subject, files, statement } = await attached({ ...document, files: [] });
    expect(files).toBeUndefined();
    expect((await listOf(repository.referrers(subject))).map(({ digest }) => digest)).toEqual([statement.digest]);
  });

  it("may be done again: the files are there already", async () => {
    const first = await attached(document);
    const second = await attachEvidence(first.repository, first.subject, document, first.options);
    expect(second.files?.digest).toBe(first.files?.digest);
    expect(await listOf(first.repository.referrers(first.subject))).toHaveLength(3);
  });

  it("writes nothing when the predicate is not what its schema demands", async () => {
    const { repository, subject } = await pushedModel();
    const draft = { ...document, predicate: { ...document.predicate, role: "poem" } };
    const options = { name: "ml/risk", signer: await newSigner(), clock: standingClock };
    await rejectsWith(attachEvidence(repository, subject, draft, options), "EVIDENCE_INVALID");
    expect(await listOf(repository.referrers(subject))).toEqual([]);
  });
});
