import { describe, expect, it } from "vitest";
import type { RegistryOptions } from "../../../test/support/registry/index.ts";
import { openRemote } from "../../../test/support/registry/open-remote.ts";
import { type Finding, probeStore } from "../../oci/probe.ts";
import type { RemoteOptions } from "./options.ts";

const wire = ["auth", "clock", "referrersApi", "subjectHeader", "ranges", "chunks", "conditionalWrites"];

/** What is found about a registry, by question. */
async function probe(options: RegistryOptions = {}, remote: Partial<RemoteOptions> = {}) {
  const { registry, server } = await openRemote(options, remote);
  const repository = "mreg-doctor/x";
  const report = await probeStore(registry, { repository, more: (content) => registry.probe(repository, content) });
  const found = report.findings.filter((finding) => wire.includes(finding.probe));
  const answers = Object.fromEntries(found.map((finding) => [finding.probe, finding.answer]));
  const of = (name: Finding["probe"]) => found.find((finding) => finding.probe === name);
  return { answers, of, left: report.left, server };
}

const whole = {
  ...{ auth: "no", clock: "yes", referrersApi: "yes", subjectHeader: "yes" },
  ...{ ranges: "yes", chunks: "yes", conditionalWrites: "no" },
};

describe("probeWire", () => {
  it("finds what a full OCI 1.1 registry can do, and leaves nothing", async () => {
    const { answers, left } = await probe();
    expect(answers).toEqual(whole);
    expect(left).toEqual([]);
  });

  const moods: readonly (readonly [string, RegistryOptions, object])[] = [
    ["no referrers API", { referrers: "tag" }, { referrersApi: "no", subjectHeader: "no" }],
    ["a referrers API that does not say so", { noSubjectHeader: true }, { subjectHeader: "no" }],
    ["a header without the API", { falseSubjectHeader: true }, { referrersApi: "no" }],
    ["no ranges", { noRange: true }, { ranges: "no" }],
  ];
  it.each(moods)("finds %s", async (_name, options, expected) => {
    expect((await probe(options)).answers).toEqual({ ...whole, ...expected });
  });

  it("names the limits of pieces", async () => {
    const { of, left } = await probe({ uploads: { chunkMinBytes: 1_000_000, chunkMaxBytes: 5_000_000 } });
    expect(of("chunks")).toMatchObject({
      answer: "yes",
      detail: "at least 1000000 bytes each, at most 5000000 bytes each",
    });
    expect(left).toEqual([]);
  });

  it("finds a registry that takes no pieces", async () => {
    const fault = { route: "upload.patch", times: Infinity, action: { kind: "answer", status: 405 } } as const;
    expect((await probe({ faults: [fault] })).answers).toEqual({ ...whole, chunks: "no" });
  });

  it("tells a condition that is honoured from a tag that cannot be moved", async () => {
    const refusal = { kind: "answer", status: 412 } as const;
    const { answers } = await probe({ immutableTags: { status: 412 } });
    expect(answers).toMatchObject({ conditionalWrites: "no" });
    const { registry, server } = await openRemote();
    const more = async (content: Parameters<typeof registry.probe>[1]) => {
      // The first PUT of the questions is about the subject, the second is the conditional one.
      server.addFault({ route: "manifest.put", skip: 1, action: refusal });
      return registry.probe("x", content);
    };
    const { findings } = await probeStore(registry, { repository: "x", more });
    expect(findings).toContainEqual({ probe: "conditionalWrites", answer: "yes" });
  });

  it.each(["basic", "bearer"] as const)("names what the registry asks for: %s", async (kind) => {
    const user = { username: "ann", password: "secret" };
    const { of } = await probe({ auth: { kind, ...user } }, { credentials: async () => user });
    expect(of("auth")).toEqual({ probe: "auth", answer: "yes", detail: kind });
  });

  it("measures how far the clocks are apart", async () => {
    const clock = () => new Date(Date.now() + 600_000);
    expect((await probe({}, { clock })).of("clock")).toMatchObject({
      answer: "no",
      detail: expect.stringMatching(/^(599|60[01]) s behind$/),
    });
  });

  it("takes no failure for an answer", async () => {
    const fault = { route: "upload.patch", times: Infinity, action: { kind: "answer", status: 503 } } as const;
    expect((await probe({ faults: [fault] })).of("chunks")).toMatchObject({ answer: "unknown" });
  });
});
