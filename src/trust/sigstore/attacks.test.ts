import { describe, expect, it } from "vitest";
import { rejectsWith } from "../../../test/support/expect.ts";
import {
  entryOf,
  everyone,
  instance,
  judge,
  make,
  nothing,
  refuses,
  shareSigstore,
  sigstore,
} from "../../../test/support/keyless-attack.ts";
import { identityToken, testIssuer, testSubject } from "../../../test/support/sigstore-instance.ts";
import { attachBytes, evalStatement, evalType, pushedModel } from "../../../test/support/trust.ts";
import type { IdentityRule } from "../certificate-identity.ts";
import { VerificationError } from "../errors.ts";
import { writeStatement } from "../statement.ts";
import { verifyStatement, verifyStatements } from "../verify.ts";

shareSigstore();

describe("what a keyless verifier is told to accept", () => {
  it("the honest bundle verifies, so that each refusal below has its one reason", async () => {
    const model = await pushedModel();
    expect(await judge(model, await make(model))).toMatchObject({ signer: { subject: testSubject } });
  });

  it.each<[string, IdentityRule]>([
    ["another issuer", { ...everyone, issuer: "https://issuer.example.org" }],
    ["another subject", { ...everyone, subject: testSubject.replace("acme", "evil") }],
    ["a subject that the expected one is part of", { ...everyone, subject: testSubject.slice(0, -1) }],
    ["a subject of other case", { ...everyone, subject: testSubject.toUpperCase() }],
    ["text with the stars of a pattern that was not asked for", { ...everyone, subject: "**" }],
    ["a pattern for part of the subject", { ...everyone, subject: { pattern: "github.com/acme/" } }],
    ["a pattern whose star would have to match a slash", { ...everyone, subject: { pattern: "https://github.com/*" } }],
  ])("IDENTITY_MISMATCH: %s", (_, rule) =>
    refuses(nothing, { judging: { identities: [rule] }, code: "IDENTITY_MISMATCH", message: /acme\/models/ }),
  );

  it("a pattern is accepted when asked for", async () => {
    const model = await pushedModel();
    const subject = { pattern: "https://github.com/acme/*/.github/workflows/release.yml@refs/**" };
    const judging = { identities: [{ issuer: testIssuer, subject }] };
    expect(await judge(model, await make(model), judging)).toMatchObject({ signer: { subject: testSubject } });
  });

  it("another instance's root: each of its authorities is a stranger", async () => {
    const other = await instance();
    await refuses(nothing, { judging: { root: other.root }, message: /timestamp|certificate chain/ });
  });
});

describe("time", () => {
  it("an expired certificate: the log and the timestamp are of an hour later", () =>
    laterBy(3_600_000).then((at) => refuses(nothing, { making: { at }, judging: { root: at.root } })));

  it("CVE-2026-24122: a chain that has expired above the leaf is refused, though the leaf is valid", async () => {
    const inTwoYears = new Date(Math.floor(Date.now() / 1000) * 1000 + 2 * 365 * 86_400_000);
    const at = await instance({ issuesAt: inTwoYears });
    await refuses(nothing, { making: { at }, judging: { root: at.root } });
  });

  it("a replayed timestamp: another signature's does not do", () =>
    refuses(async (json, model) => {
      const other = await make(model);
      json.verificationMaterial.timestampVerificationData = other.verificationMaterial.timestampVerificationData!;
    }));

  it("CVE-2026-48816: a time that the log has not signed does not count", () =>
    refuses((json) => void delete entryOf(json).inclusionPromise, {
      making: { timestamp: false },
      message: /0 sources of time|expected 1 timestamps/,
    }));

  it("a time of the log that was moved is no longer what it signed", () =>
    refuses((json) =>
      Object.assign(entryOf(json), { integratedTime: String(Number(entryOf(json).integratedTime) + 1) }),
    ));

  it("no time at all is refused, also when a caller asks for none", () =>
    refuses((json) => void delete json.verificationMaterial.timestampVerificationData, {
      making: { logs: [2] },
      judging: { thresholds: { times: 0 } },
    }));

  it("a timestamp that is cut, empty or something else is a refusal like any other", async () => {
    for (const signedTimestamp of ["", "AAAA", "MAA=", "MIAAAA=="]) {
      await refuses((json) => {
        json.verificationMaterial.timestampVerificationData = { rfc3161Timestamps: [{ signedTimestamp }] };
      });
    }
  });

  async function laterBy(ms: number) {
    const issuesAt = new Date(Math.floor(Date.now() / 1000) * 1000 + 5_000);
    return instance({ issuesAt, testifiesAt: new Date(issuesAt.getTime() + ms) });
  }
});

describe("certificates", () => {
  it("without a promise of the certificate log", async () => {
    const at = await instance({ withoutCertificateLog: true });
    await refuses(nothing, { making: { at }, judging: { root: at.root }, message: /SCT/ });
    const model = await pushedModel();
    const judging = { root: at.root, thresholds: { certificateLogs: 0 } };
    expect(await judge(model, await make(model, { at }), judging)).toMatchObject({ signer: { subject: testSubject } });
  });

  it("of somebody else, on this signature", () =>
    refuses(async (json, model) => {
      json.verificationMaterial.certificate = (await make(model)).verificationMaterial.certificate;
    }));

  it("with any byte changed: a verdict each time, and never an error of another kind", async () => {
    const model = await pushedModel();
    const honest = await make(model);
    const der = Buffer.from(honest.verificationMaterial.certificate.rawBytes, "base64");
    for (let at = 0; at < der.byteLength; at += 7) {
      const changed = Buffer.from(der);
      changed[at] = (changed[at] ?? 0) ^ 0x41;
      const json = structuredClone(honest);
      json.verificationMaterial.certificate.rawBytes = changed.toString("base64");
      expect(await judge(model, json), `byte ${at}`).toBeInstanceOf(VerificationError);
    }
  });

  it("that name nobody who can be shown are not even used to sign", async () => {
    const token = identityToken({ sub: "https://example.com/m\u00f6d" });
    const error = await rejectsWith(make(await pushedModel(), { token }), "SERVICE_UNAVAILABLE");
    expect(error.message).toContain("not printable ASCII");
  });
});

describe("statements", () => {
  it("a swapped payload", () =>
    refuses(async (json) => {
      const other = writeStatement(evalStatement((await pushedModel(2)).subject));
      json.dsseEnvelope.payload = Buffer.from(other).toString("base64");
    }));

  it("a valid signature of another model", () =>
    refuses(async (json) => void Object.assign(json, await make(await pushedModel(2))), { code: "SUBJECT_MISMATCH" }));

  it("GHSA-jfc7-64v2-mr8c: another payload type under the same bytes", () =>
    refuses((json) => Object.assign(json.dsseEnvelope, { payloadType: "application/vnd.in-toto+jso\u00f1" }), {
      message: /payloadType/,
    }));

  it.each<[string, (text: string) => string]>([
    ["a key twice", (text) => text.replace("{", '{"predicateType":"https://evil.example/v1",')],
    ["a digest that is a number", (text) => text.replace(/"sha256":"[0-9a-f]{64}"/, '"sha256":1.5e300')],
    ["a digest that is a number of 64 digits", (text) => text.replace(/"([0-9a-f]{64})"/, "1".repeat(64))],
    ["a digest in upper case", (text) => text.replace(/"sha256":"([0-9a-f]{64})"/, (all) => all.toUpperCase())],
    ["a digest of half a byte too little", (text) => text.replace(/([0-9a-f]{63})[0-9a-f]"/, '$1"')],
    ["no subject", (text) => text.replace(/"subject":\[.*?\],"predicateType"/, '"subject":[],"predicateType"')],
    ["a key __proto__", (text) => text.replace('"predicate":{', '"predicate":{"__proto__":{},')],
    [
      "nesting without end",
      (text) => text.replace('"predicate":{', `"predicate":{"x":${"[".repeat(5000)}${"]".repeat(5000)},`),
    ],
  ])("truly signed, and still no statement: %s", async (_, edit) => {
    const model = await pushedModel();
    const honest = Buffer.from(writeStatement(evalStatement(model.subject))).toString();
    const payload = Buffer.from(edit(honest));
    expect(payload.toString()).not.toBe(honest);
    const error = await judge(model, await make(model, { payload }));
    expect(error).toBeInstanceOf(VerificationError);
    expect(error).toMatchObject({ code: "SIGNATURE_INVALID" });
  });

  it("CVE-2022-35929, CVE-2026-39395: a statement of another type is no answer", async () => {
    const model = await pushedModel();
    const bundle = await attachBytes(model.repository, model.subject, Buffer.from(JSON.stringify(await make(model))));
    const certificates = { root: sigstore.root, identities: [everyone] };
    const verify = (predicateType: string) =>
      verifyStatement(model.repository, bundle, model.subject.digest, { keys: [], certificates, predicateType });
    expect(await verify(evalType)).toMatchObject({ signer: { subject: testSubject } });
    await expect(verify("https://mreg.dev/approval/v1")).rejects.toMatchObject({ code: "NO_SIGNATURE" });
  });
});

describe("crowds", () => {
  it("CVE-2023-46737: strangers' bundles neither hide the right one nor are verified at length", async () => {
    const { repository, subject } = await pushedModel();
    const stranger = await make({ repository, subject }, { token: identityToken({ sub: "https://example.com/x" }) });
    for (let count = 0; count < 300; count++) {
      await attachBytes(repository, subject, Buffer.from(`${JSON.stringify(stranger)}${" ".repeat(count)}`));
    }
    const good = await attachBytes(
      repository,
      subject,
      Buffer.from(JSON.stringify(await make({ repository, subject }))),
    );
    const certificates = { root: sigstore.root, identities: [everyone] };
    const { rejected, verified } = await verifyStatements(repository, subject, { keys: [], certificates });
    expect(verified.map(({ bundle }) => bundle)).toEqual([good]);
    expect(new Set(rejected.map(({ error }) => error.code))).toEqual(new Set(["IDENTITY_MISMATCH"]));
    expect(rejected).toHaveLength(300);
  });
});
