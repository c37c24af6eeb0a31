import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { rejectsWith } from "../../../test/support/expect.ts";
import {
  identityToken,
  type SigstoreInstance,
  startSigstore,
  testIssuer,
  testSubject,
} from "../../../test/support/sigstore-instance.ts";
import { evalStatement, newSigner, pushedModel } from "../../../test/support/trust.ts";
import { systemClock } from "../../base/clock.ts";
import { signStatement } from "../sign.ts";
import type { Signer } from "../signer.ts";
import type { VerificationPolicy } from "../verification.ts";
import { verifyStatements } from "../verify.ts";
import { type KeylessOptions, keylessSigner } from "./keyless-signer.ts";
import { type Witnesses, withWitnesses } from "./witnesses.ts";

let sigstore: SigstoreInstance;
beforeAll(async () => {
  sigstore = await startSigstore();
});
afterAll(() => sigstore.close());

const clock = systemClock;

const log = (majorApiVersion: 1 | 2) => ({ url: sigstore.url, majorApiVersion });

const setUps: [string, () => Witnesses, object][] = [
  [
    "Rekor 1",
    () => ({ logs: [log(1)], timestampAuthorities: [] }),
    { times: [{ source: "transparency-log" }], logEntries: [{ kind: "dsse" }] },
  ],
  [
    "Rekor 2 and a timestamp",
    () => ({ logs: [log(2)], timestampAuthorities: [sigstore.tsaUrl] }),
    { times: [{ source: "timestamp-authority" }], logEntries: [{ kind: "hashedrekord", index: "0" }] },
  ],
  [
    "both logs and a timestamp",
    () => ({ logs: [log(1), log(2)], timestampAuthorities: [sigstore.tsaUrl] }),
    { times: [{}, {}], logEntries: [{ kind: "dsse" }, { kind: "hashedrekord" }] },
  ],
];

function open(options: Partial<KeylessOptions> = {}): Promise<Signer> {
  return keylessSigner({
    certificateAuthority: sigstore.url,
    witnesses: { logs: [log(1)], timestampAuthorities: [] },
    identityToken: async () => identityToken(),
    clock,
    ...options,
  });
}

/** Signs a statement about a new model, and verifies all that is attached to it. */
async function signAndVerify(signer: Signer, policy: VerificationPolicy) {
  const { repository, subject } = await pushedModel();
  await signStatement(repository, subject, evalStatement(subject), { signer, clock });
  return verifyStatements(repository, subject, policy);
}

const policy = (): VerificationPolicy => ({
  keys: [],
  certificates: { root: sigstore.root, identities: [{ issuer: testIssuer, subject: testSubject }] },
});

describe("keyless signatures, from token to verdict", () => {
  it.each(setUps)("%s: the result names signer, time and its source, root and log", async (_, witnesses, proven) => {
    const signer = await open({ witnesses: witnesses() });
    const { rejected, verified } = await signAndVerify(signer, policy());
    expect(rejected).toEqual([]);
    expect(verified).toMatchObject([
      {
        signer: { kind: "certificate", issuer: testIssuer, subject: testSubject },
        proven: { root: sigstore.root.digest, ...proven },
      },
    ]);
    expect(verified[0]?.signer).toEqual(signer.identity);
    expect(verified[0]).not.toHaveProperty("unchecked");
  });

  it("an address in the token is what the key is proven with, when the provider has verified it", async () => {
    const address = { email: "ann@example.com", email_verified: true };
    expect((await open({ identityToken: async () => identityToken(address) })).identity?.issuer).toBe(testIssuer);
    const unverified = identityToken({ ...address, email_verified: false });
    await rejectsWith(open({ identityToken: async () => unverified }), "TOKEN_INVALID");
  });

  it.each([
    ["no JWT", "hello"],
    ["claims that are not JSON", "e30.aGVsbG8.c2ln"],
    ["an expired one", identityToken({ exp: 1_000_000_000 })],
    ["one without a subject", identityToken({ sub: undefined })],
  ])("TOKEN_INVALID: %s, and the message does not hold it", async (_, token) => {
    const error = await rejectsWith(open({ identityToken: async () => token }), "TOKEN_INVALID");
    expect(error.message).not.toContain(token);
  });

  it("a certificate that has run out is replaced, for the same identity only", async () => {
    let now = new Date();
    const tokens = [identityToken(), identityToken(), identityToken({ sub: "https://example.com/mallory" })];
    const signer = await open({ identityToken: async () => tokens.shift() ?? "", clock: () => now });
    const first = signer.publicKey;
    now = new Date(now.getTime() + 3_600_000);
    await signer.sign(Buffer.from("x"));
    expect(signer.publicKey).not.toBe(first);
    expect(tokens).toHaveLength(1);
    await rejectsWith(signer.sign(Buffer.from("x")), "TOKEN_INVALID");
  });

  it("a service that fails once is asked again; one that refuses is not, and nothing is attached", async () => {
    const signer = await open();
    sigstore.failNext("/api/v1/log/entries", 503);
    expect((await signAndVerify(signer, policy())).verified).toHaveLength(1);
    sigstore.failNext("/api/v1/log/entries", 400);
    const { repository, subject } = await pushedModel();
    const signing = signStatement(repository, subject, evalStatement(subject), { signer, clock });
    await rejectsWith(signing, "SERVICE_REFUSED");
    expect((await verifyStatements(repository, subject, policy())).rejected).toEqual([]);
  });

  it("a token goes to https, or stays on this machine; redirects do not take it elsewhere", async () => {
    await rejectsWith(open({ certificateAuthority: "http://fulcio.example.com" }), "SERVICE_REFUSED");
    const fetch = async () => new Response(null, { status: 307, headers: { location: "https://elsewhere.example" } });
    await rejectsWith(open({ fetch }), "SERVICE_REFUSED");
  });
});

describe("key signatures with witnesses", () => {
  it.each(setUps)("%s: the time of a key signature is proven, too", async (_, witnesses, proven) => {
    const key = await newSigner();
    const trust = { keys: [key.publicKey] };
    const signer = withWitnesses(key, witnesses(), globalThis.fetch);
    const { verified } = await signAndVerify(signer, { ...trust, keyProofs: { root: sigstore.root } });
    expect(verified).toMatchObject([{ signer: key.publicKey.identity, proven: { ...proven } }]);
    const { logs, timestampAuthorities } = witnesses();
    const unchecked = { logEntries: logs.length, timestamps: timestampAuthorities.length };
    expect((await signAndVerify(signer, trust)).verified).toMatchObject([{ unchecked }]);
  });

  it("P-384 keys are logged with their own hash", async () => {
    const key = await newSigner("P-384");
    const signer = withWitnesses(key, { logs: [log(1)], timestampAuthorities: [] }, globalThis.fetch);
    const keyProofs = { root: sigstore.root };
    expect((await signAndVerify(signer, { keys: [key.publicKey], keyProofs })).verified).toHaveLength(1);
  });

  it("a key signature without proofs is refused where they are demanded", async () => {
    const key = await newSigner();
    const { rejected } = await signAndVerify(key, { keys: [key.publicKey], keyProofs: { root: sigstore.root } });
    expect(rejected).toMatchObject([{ error: { code: "SIGNATURE_INVALID" } }]);
  });
});
