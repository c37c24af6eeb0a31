import { describe, expect, it } from "vitest";
import { digestFull } from "../../../test/support/evidence.ts";
import { parseDigest } from "../../oci/digest.ts";
import { evidenceSetDigest } from "../evidence-set.ts";
import { cardFields } from "../predicate-words.ts";
import { Approval } from "./approval.ts";
import { ContentDigest, DigestSet, fromContentDigest, toContentDigest } from "./digest-set.ts";
import { type Comparator, meets, metricName } from "./eval.ts";
import { CardFields } from "./model-card.ts";
import { VerificationSummary } from "./verification-summary.ts";

describe("meets", () => {
  it.each<[Comparator, boolean, boolean, boolean]>([
    [">=", false, true, true],
    [">", false, false, true],
    ["<=", true, true, false],
    ["<", true, false, false],
  ])("%s: below %s, equal %s, above %s", (comparator, below, equal, above) => {
    expect(
      ["0.69999999999999999999", "0.700", "0.70000000000000000001"].map((value) => meets(value, comparator, "0.7")),
    ).toEqual([below, equal, above]);
  });
});

describe("metricName", () => {
  it("names the filter only where there is one", () => {
    expect(metricName({ task: "gsm8k", metric: "exact_match", filter: "strict" })).toBe("gsm8k.exact_match,strict");
    expect(metricName({ task: "gsm8k", metric: "exact_match" })).toBe("gsm8k.exact_match");
  });
});

it("lists every field of a card, so that a policy may require it", () => {
  expect(cardFields).toEqual(Object.keys(CardFields.shape));
});

describe("approval", () => {
  const approval = {
    model: "risk",
    version: "v4",
    from: "staging",
    to: "production",
    policy: { digest: { sha256: "a".repeat(64) } },
    chainHead: null,
    evidenceSet: { sha256: "b".repeat(64) },
    decision: "approve",
    approvedAt: "2026-10-01T12:00:00Z",
    expiresAt: "2026-10-01T12:00:01Z",
  };

  it("accepts one that binds everything", () => {
    expect(Approval.safeParse(approval).success).toBe(true);
  });

  it.each([
    ["one that ends before it begins", { expiresAt: "2026-10-01T12:00:00Z" }],
    ["a local time", { approvedAt: "2026-10-01T12:00:00" }],
    ["a rejection", { decision: "reject" }],
    ["an unknown key", { comments: "x" }],
    ["a forgotten chain head", { chainHead: undefined }],
    ["two digests in one", { evidenceSet: { sha256: "b".repeat(64), sha512: "b".repeat(128) } }],
    ["a digest of the wrong length", { evidenceSet: { sha256: "bb" } }],
    ["a state with a space", { to: "production " }],
    ["a model with a line break", { model: "risk\nv5" }],
  ])("refuses %s", (_, changes) => {
    expect(Approval.safeParse({ ...approval, ...changes }).success).toBe(false);
  });
});

describe("digests", () => {
  it.each([digestFull("a"), `sha512:${"b".repeat(128)}`])("writes %s and reads it back", (text) => {
    const digest = parseDigest(text);
    expect(ContentDigest.safeParse(toContentDigest(digest)).success).toBe(true);
    expect(fromContentDigest(toContentDigest(digest))).toBe(digest);
  });

  it.each([{}, { sha256: "" }, { sha256: "XY" }, { "a b": "00" }])("refuses %o as a set", (set) => {
    expect(DigestSet.safeParse(set).success).toBe(false);
  });
});

describe("evidenceSetDigest", () => {
  const [a, b] = [parseDigest(digestFull("a")), parseDigest(digestFull("b"))];

  it("is the digest of the sorted lines", () => {
    // printf 'sha256:aa…\nsha256:bb…\n' | sha256sum
    expect(evidenceSetDigest([a, b])).toBe("sha256:864f51ecf848c035c5c4549e5a7c5151e6786d7eb37a91e1cec7f674e81fa821");
  });

  it("depends on the set, not on order or repetition", () => {
    expect(evidenceSetDigest([b, a, b])).toBe(evidenceSetDigest([a, b]));
    expect(evidenceSetDigest([a])).not.toBe(evidenceSetDigest([a, b]));
    expect(evidenceSetDigest([])).not.toBe(evidenceSetDigest([a]));
  });
});

describe("verification summary", () => {
  it("carries fields it does not know", () => {
    const summary = {
      verifier: { id: "https://mreg.dev/gate" },
      timeVerified: "2026-10-01T12:00:00+02:00",
      resourceUri: "oci://x",
      policy: { uri: "p", digest: { sha256: "a".repeat(64) } },
      verificationResult: "FAILED",
      verifiedLevels: [],
      gates: [{ name: "card" }],
    };
    expect(VerificationSummary.parse(summary)).toEqual(summary);
  });
});
