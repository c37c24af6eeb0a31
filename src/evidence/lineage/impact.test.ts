import { describe, expect, it } from "vitest";
import { digestFull, draftOf } from "../../../test/support/evidence.ts";
import { newSigner, pushedModel, standingClock } from "../../../test/support/trust.ts";
import { type Digest, digestOf } from "../../base/digest.ts";
import { makeStatement, signStatement } from "../../trust/index.ts";
import { attachEvidence } from "../attach-evidence.ts";
import { predicateTypes } from "../predicate-types.ts";
import type { Provenance } from "../predicates/provenance.ts";
import { findImpact, type ImpactQuery, type VersionLineage } from "./impact.ts";
import { readLineageStatements } from "./read-lineage.ts";

const commit = "8d5f1a7c0e3b4f6a9d2c1b0e7f8a6d5c4b3a2910";

function provenanceOf(fields: object): Provenance {
  const file = {
    run: "r",
    code: { repo: "https://git.example.com/x", commit },
    datasets: [{ name: "other", version: "1" }],
    ...fields,
  };
  return draftOf("lineage", "lineage.json", file).predicate as Provenance;
}

/** `risk:v1` with what its lineage file says; undefined for a version that says nothing. */
function version(key: string, fields?: object): VersionLineage {
  const [name = "", tag = ""] = key.split(":");
  const statements =
    fields === undefined ? [] : [{ digest: digestOf(key), signer: "ann", provenance: provenanceOf(fields) }];
  return { name, version: tag, digest: digestOf(`${key} manifest`), statements };
}

function impact(versions: readonly VersionLineage[], query: ImpactQuery): Record<string, string> {
  return Object.fromEntries(
    findImpact(versions, query).map(({ path, name, version: tag }) => [`${name}:${tag}`, path.join(" > ")]),
  );
}

const loans = { datasets: [{ name: "loans", uri: "s3://b/loans", version: "2026-10", digest: digestFull("a") }] };
const base = (uri: string, digest?: Digest) => ({ base_model: { uri, ...(digest ? { digest } : {}) } });

describe("impact of a data set", () => {
  const versions = [
    version("base:v1", loans),
    version("base:v2", { datasets: [{ name: "loans", version: "2026-11" }] }),
    version("risk:v1", base("oci://registry.example.com/base:v1")),
    version("risk:v2", base("base", digestOf("base:v2 manifest"))),
    version("chat:v1", base("models:/risk:v1")),
    version("mute:v1"),
    version("far:v1", { datasets: [{ name: "loans-eu", version: "1" }] }),
  ];

  it.each(["loans@2026-10", "s3://b/loans", digestFull("a")])("follows bases to the end, by %s", (dataset) => {
    const path = "dataset:loans@2026-10 > base:v1";
    expect(impact(versions, { dataset })).toEqual({
      "base:v1": path,
      "risk:v1": `${path} > risk:v1`,
      "chat:v1": `${path} > risk:v1 > chat:v1`,
    });
  });

  it("takes every version of a name", () => {
    expect(Object.keys(impact(versions, { dataset: "loans" }))).toEqual([
      "base:v1",
      "base:v2",
      "risk:v1",
      "risk:v2",
      "chat:v1",
    ]);
  });

  it.each(["loan", "loans@2026", "LOANS", digestFull("b")])("finds nothing for %s", (dataset) => {
    expect(impact(versions, { dataset })).toEqual({});
  });
});

describe("impact of a base model", () => {
  const v1 = digestOf("base:v1 manifest");
  const versions = [
    version("base:v1", {}),
    version("by-digest:v1", base("oci://elsewhere.example.com/copy", v1)),
    version("by-version:v1", base("oci://registry.example.com/base:v1")),
    version("by-name:v1", base("base")),
    version("other:v1", base("base:v2")),
    version("other-digest:v1", base("base:v1", digestOf("x"))),
    version("next:v1", base("by-version:v1")),
    version("hub:v1", base("hf://example/tiny")),
  ];

  it.each(["base:v1", v1, `base@${v1}`, "registry.example.com/base:v1"])("knows it as %s", (wanted) => {
    expect(Object.keys(impact(versions, { base: wanted })).sort()).toEqual(
      [
        "by-digest:v1",
        "by-name:v1",
        "by-version:v1",
        "next:v1",
        ...(wanted.includes(":v1") ? ["other-digest:v1"] : []),
      ].sort(),
    );
  });

  it("finds one that the registry does not have", () => {
    expect(impact(versions, { base: "hf://example/tiny" })).toEqual({ "hub:v1": "hf://example/tiny > hub:v1" });
    expect(impact(versions, { base: "example/tiny" })).toEqual({ "hub:v1": "hf://example/tiny > hub:v1" });
  });

  it("ends where versions are each other's base", () => {
    const circle = [version("a:v1", base("b:v1")), version("b:v1", base("a:v1"))];
    expect(Object.keys(impact(circle, { base: "a:v1" })).sort()).toEqual(["a:v1", "b:v1"]);
  });
});

describe("verified lineage", () => {
  it("counts what is verified, and names what is not", async () => {
    const { repository, subject } = await pushedModel();
    const [ann, mallory] = [await newSigner(), await newSigner()];
    const draft = draftOf("lineage", "lineage.json", { run: "r", code: { commit }, ...loans });
    const attach = (signer: typeof ann) =>
      attachEvidence(repository, subject, draft, { name: "risk", signer, clock: standingClock });
    const [believed, foreign] = [await attach(ann), await attach(mallory)];
    const odd = makeStatement({ subject, name: "risk", predicateType: predicateTypes.lineage, predicate: { a: 1 } });
    const malformed = await signStatement(repository, subject, odd, { signer: ann, clock: standingClock });
    const image = {
      ...draft.predicate,
      buildDefinition: { ...(draft.predicate as Provenance).buildDefinition, buildType: "https://example.com/image" },
    };
    await attachEvidence(
      repository,
      subject,
      { ...draft, predicate: image, files: [] },
      { name: "risk", signer: ann, clock: standingClock },
    );
    const { statements, unverified } = await readLineageStatements(repository, subject, { keys: [ann.publicKey] });
    expect(statements.map(({ digest }) => digest)).toEqual([believed.statement.digest]);
    expect(unverified.map(({ digest }) => digest).sort()).toEqual([foreign.statement.digest, malformed.digest].sort());
  });
});
