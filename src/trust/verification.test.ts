import { describe, expect, it } from "vitest";
import { seededBlob } from "../../test/support/fixtures.ts";
import { VerificationError, type VerificationErrorCode } from "./errors.ts";
import { type Rejection, requireVerified, type Verification } from "./verification.ts";

const bundle = seededBlob(1).descriptor;
const rejection = (code: VerificationErrorCode, reason = code.toLowerCase()): Rejection => ({
  bundle,
  error: new VerificationError(code, reason),
});

describe("requireVerified", () => {
  it("gives what was verified, whatever else was rejected", () => {
    const verification = { bundle } as Verification;
    const report = { verified: [verification], rejected: [rejection("SIGNATURE_INVALID")] };
    expect(requireVerified(report)).toEqual([verification]);
  });

  it.each<[VerificationErrorCode, VerificationErrorCode[]]>([
    ["NO_SIGNATURE", []],
    ["NO_SIGNATURE", ["NO_SIGNATURE"]],
    ["IDENTITY_MISMATCH", ["NO_SIGNATURE", "IDENTITY_MISMATCH"]],
    ["SUBJECT_MISMATCH", ["IDENTITY_MISMATCH", "SUBJECT_MISMATCH"]],
    ["SIGNATURE_INVALID", ["IDENTITY_MISMATCH", "SIGNATURE_INVALID", "SUBJECT_MISMATCH"]],
  ])("throws %s for %j", (code, codes) => {
    const rejected = codes.map((one) => rejection(one));
    expect(() => requireVerified({ verified: [], rejected })).toThrow(expect.objectContaining({ code }));
  });

  it("names each rejected bundle with its reason, but not a hundred", () => {
    const rejected = Array.from({ length: 7 }, (_, index) => rejection("SIGNATURE_INVALID", `reason ${index}`));
    expect(() => requireVerified({ verified: [], rejected })).toThrow(
      new RegExp(`none of 7 .*${bundle.digest}: reason 0; .*reason 4 and 2 more$`),
    );
  });
});
