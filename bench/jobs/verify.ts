import { generateKeyPairSync, randomBytes, sign, verify as verifyOne } from "node:crypto";
import { type Signer, signManifest, type VerificationPolicy, verifyStatements } from "../../src/trust/index.ts";
import { keylessSigner } from "../../src/trust/keyless/keyless-signer.ts";
import {
  identityToken,
  type SigstoreInstance,
  startSigstore,
  testIssuer,
  testSubject,
} from "../../test/support/sigstore-instance.ts";
import { newSigner, pushedModel, standingClock } from "../../test/support/trust.ts";
import { compare, type Entry } from "../compare.ts";
import { secondsAtMost } from "../goals.ts";
import type { Job } from "../job.ts";

const count = 100;
const inProcess =
  "verified by the library in this process, from the memory store: listing, manifests, bundles, statements and signatures";

export const verify: Job = {
  name: "verify",
  title: "Verify 100 key bundles",
  about: `One model with ${count} signatures (ECDSA P-256), ${inProcess}. The limit is \`crypto.verify\` ${count} times over bytes of the same length.`,
  goals: [secondsAtMost(0.1)],
  isQuick: true,
  run: async (bench) => {
    const signer = await newSigner();
    const entries = [await bundles(signer, { keys: [signer.publicKey] }), rawSignatures()];
    return { payloadBytes: 0, outcomes: await compare(bench, entries, { rounds: 20, warmUps: 3 }) };
  },
};

export const verifyKeyless: Job = {
  name: "verify-keyless",
  title: "Verify 100 keyless bundles",
  about: `One model with ${count} signatures by certificates, each with an entry of a log and a timestamp, made by a sigstore instance on this machine; ${inProcess}, certificate chains, log proofs and timestamps. The limit is \`crypto.verify\` ${count} times, one of the half dozen signatures that each bundle takes.`,
  goals: [secondsAtMost(2)],
  run: async (bench) => {
    const instance = await startSigstore();
    try {
      const identities = [{ issuer: testIssuer, subject: testSubject }];
      const policy = { keys: [], certificates: { root: instance.root, identities } };
      const entries = [await bundles(await keyless(instance), policy), rawSignatures()];
      return { payloadBytes: 0, outcomes: await compare(bench, entries, { rounds: 10, warmUps: 2 }) };
    } finally {
      await instance.close();
    }
  },
};

function keyless({ tsaUrl, url }: SigstoreInstance): Promise<Signer> {
  return keylessSigner({
    certificateAuthority: url,
    witnesses: { logs: [{ url, majorApiVersion: 1 }], timestampAuthorities: [tsaUrl] },
    identityToken: async () => identityToken(),
    clock: standingClock,
  });
}

async function bundles(signer: Signer, policy: VerificationPolicy): Promise<Entry> {
  const { repository, subject } = await pushedModel();
  // ECDSA draws a number for each signature: the same statement, signed twice, makes two bundles.
  for (let at = 0; at < count; at++) await signManifest(repository, subject, { signer, clock: standingClock });
  const run = async () => {
    const { rejected, verified } = await verifyStatements(repository, subject, policy);
    if (verified.length === count) return;
    throw new Error(`${verified.length} of ${count} bundles verified: ${rejected[0]?.error.message}`);
  };
  return { name: "mreg", role: "mreg", make: async () => ({ command: { what: "verifyStatements()", run } }) };
}

function rawSignatures(): Entry {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "prime256v1" });
  const signed = Array.from({ length: count }, () => {
    const bytes = randomBytes(400);
    return { bytes, signature: sign("sha256", bytes, privateKey) };
  });
  const run = async () => {
    const good = signed.filter(({ bytes, signature }) => verifyOne("sha256", bytes, publicKey, signature));
    if (good.length !== count) throw new Error(`${good.length} of ${count} signatures verified`);
  };
  return { name: "node:crypto", role: "limit", make: async () => ({ command: { what: "crypto.verify()", run } }) };
}
