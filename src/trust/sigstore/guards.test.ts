import { X509Certificate } from "node:crypto";
import { describe, expect, it } from "vitest";
import {
  type Entry,
  entryOf,
  everyone,
  judge,
  make,
  refuses,
  shareSigstore,
  sigstore,
} from "../../../test/support/keyless-attack.ts";
import { testSubject } from "../../../test/support/sigstore-instance.ts";
import { evalStatement, pushedModel } from "../../../test/support/trust.ts";
import { writeBundle } from "../bundle.ts";
import { describePublicKey } from "../key.ts";
import { testify } from "../keyless/witnesses.ts";
import { writeStatement } from "../statement.ts";
import type { TrustRoot } from "../trust-root.ts";
import { checkSigningCertificate, identityOf } from "./certificate.ts";
import { describeProven } from "./describe-proven.ts";
import { LogEntry } from "./log-entry.ts";

shareSigstore();

/** Guards that honest services never put to the test: each is shown alone. */

const certificateOf = async () => {
  const { verificationMaterial } = await make(await pushedModel());
  return Buffer.from(verificationMaterial.certificate.rawBytes, "base64");
};

const invalid = expect.objectContaining({ code: "SIGNATURE_INVALID" });

describe("signature", () => {
  it("a log that believes anything does not make a signature: it is verified with the certificate's key", async () => {
    const model = await pushedModel();
    const certificate = new X509Certificate(await certificateOf());
    const publicKey = describePublicKey(certificate.publicKey);
    const payload = writeStatement(evalStatement(model.subject));
    const envelope = { payload, signature: Buffer.from("made by nobody") };
    const witnesses = {
      logs: [{ url: sigstore.url, majorApiVersion: 1 as const }],
      timestampAuthorities: [sigstore.tsaUrl],
    };
    const key = { publicKey: publicKey.key, certificate };
    const proofs = await testify(globalThis.fetch, witnesses, { envelope, key });
    const json = JSON.parse(Buffer.from(writeBundle(envelope, publicKey, proofs)).toString()) as never;
    const error = await judge(model, json);
    expect(error).toEqual(invalid);
    expect((error as Error).message).toContain("the signature was not made with the key");
  });
});

describe("certificates", () => {
  it("names: one, of printable characters", async () => {
    const der = await certificateOf();
    const at = der.indexOf(testSubject);
    expect(identityOf(der)).toMatchObject(everyone);
    // Two names in the space of one: the first ends where the second begins.
    const two = Buffer.from(der);
    two[at - 1] = 10;
    two[at + 10] = 0x86;
    two[at + 11] = testSubject.length - 12;
    expect(() => identityOf(two)).toThrow(invalid);
    const odd = Buffer.from(der);
    odd[at] = 0xe8; // "h" with its high bit, which ASCII decoders drop
    expect(() => identityOf(odd)).toThrow(invalid);
  });

  it("are a code signer's, and no authority's", () => {
    const keyUsage = ["1.3.6.1.5.5.7.3.3"];
    expect(() => checkSigningCertificate({ ca: false, keyUsage })).not.toThrow();
    expect(() => checkSigningCertificate({ ca: true, keyUsage })).toThrow(invalid);
    expect(() => checkSigningCertificate({ ca: false, keyUsage: ["1.3.6.1.5.5.7.3.8"] })).toThrow(invalid);
    expect(() => checkSigningCertificate({ ca: false })).toThrow(invalid);
  });

  it("none without a time, whatever the caller's threshold: nothing says that it was valid", () =>
    refuses((json) => void delete json.verificationMaterial.timestampVerificationData, {
      making: { logs: [2] },
      judging: { thresholds: { times: 0 } },
      message: /expected 1 timestamps/,
    }));
});

describe("describeProven", () => {
  const proven = async (edit: (entry: Entry) => void = () => {}) => {
    const { verificationMaterial } = await make(await pushedModel());
    const entry = entryOf({ verificationMaterial } as never);
    edit(entry);
    return LogEntry.parse(entry);
  };
  const judgeAlone = (root: TrustRoot, logEntries: readonly LogEntry[], logs: number) =>
    describeProven({ root, thresholds: { logs }, logEntries, timestamps: [] });

  it("CVE-2026-49834: two entries of one log are one witness", async () => {
    const entries = [await proven(), await proven()];
    expect(judgeAlone(sigstore.root, entries, 1).logEntries).toHaveLength(2);
    expect(() => judgeAlone(sigstore.root, entries, 2)).toThrow(invalid);
  });

  it("a log proves nothing at a time at which it was not in use", async () => {
    const validFor = { start: new Date("2020-01-01"), end: new Date("2021-01-01") };
    const retired = { ...sigstore.root, logs: sigstore.root.logs.map((log) => ({ ...log, validFor })) };
    const entry = await proven();
    expect(() => judgeAlone(retired, [entry], 1)).toThrow(invalid);
    expect(() => judgeAlone({ ...sigstore.root, logs: [] }, [entry], 1)).toThrow(invalid);
  });
});
