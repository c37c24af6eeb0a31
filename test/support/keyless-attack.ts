import { afterAll, beforeAll, expect } from "vitest";
import { writeBundle } from "../../src/trust/bundle.ts";
import type { IdentityRule } from "../../src/trust/certificate-identity.ts";
import { signEnvelope } from "../../src/trust/envelope.ts";
import { VerificationError } from "../../src/trust/errors.ts";
import { keylessSigner } from "../../src/trust/keyless/keyless-signer.ts";
import type { Thresholds } from "../../src/trust/proven.ts";
import { writeStatement } from "../../src/trust/statement.ts";
import type { TrustRoot } from "../../src/trust/trust-root.ts";
import { verifyStatement } from "../../src/trust/verify.ts";
import {
  type InstanceOptions,
  identityToken,
  type SigstoreInstance,
  startSigstore,
  testIssuer,
  testSubject,
} from "./sigstore-instance.ts";
import { attachBytes, evalStatement, pushedModel } from "./trust.ts";

/** The JSON of a bundle, as an attacker edits it. */
export interface Entry {
  logIndex: unknown;
  integratedTime?: unknown;
  kindVersion: { kind: string; version: string };
  inclusionPromise?: { signedEntryTimestamp: string };
  inclusionProof: { checkpoint: { envelope: string }; hashes?: string[]; treeSize: string; logIndex: string };
  canonicalizedBody: string;
  logId: { keyId: string };
}
export interface Json {
  verificationMaterial: {
    certificate: { rawBytes: string };
    tlogEntries?: Entry[];
    timestampVerificationData?: { rfc3161Timestamps: { signedTimestamp: string }[] };
  };
  dsseEnvelope: { payload: string; payloadType: string; signatures: [{ sig: string }] };
}

export const everyone: IdentityRule = { issuer: testIssuer, subject: testSubject };

/** The instance that the tests of one file share, from {@link shareSigstore} on. */
export let sigstore: SigstoreInstance;
const started: SigstoreInstance[] = [];

/** Starts the instance before the tests of the file that calls this, and ends it and all others after them. */
export function shareSigstore(): void {
  beforeAll(async () => {
    sigstore = await instance();
  });
  afterAll(() => Promise.all(started.splice(0).map((one) => one.close())));
}

/** Another instance, with its own keys. */
export async function instance(options?: InstanceOptions): Promise<SigstoreInstance> {
  const one = await startSigstore(options);
  started.push(one);
  return one;
}

export interface Making {
  readonly at?: SigstoreInstance;
  readonly logs?: readonly (1 | 2)[];
  readonly timestamp?: boolean;
  readonly token?: string;
  readonly payload?: Uint8Array;
}

export type Model = Awaited<ReturnType<typeof pushedModel>>;

/** The bundle of a statement about a model, by an honest signer. */
export async function make(
  { subject }: Model,
  { at = sigstore, logs = [1], timestamp = true, token, payload }: Making = {},
): Promise<Json> {
  const signer = await keylessSigner({
    certificateAuthority: at.url,
    witnesses: {
      logs: logs.map((majorApiVersion) => ({ url: at.url, majorApiVersion })),
      timestampAuthorities: timestamp ? [at.tsaUrl] : [],
    },
    identityToken: async () => token ?? identityToken(),
    clock: () => new Date(0),
  });
  const envelope = await signEnvelope(payload ?? writeStatement(evalStatement(subject)), signer);
  const bytes = writeBundle(envelope, signer.publicKey, await signer.prove?.(envelope));
  return JSON.parse(Buffer.from(bytes).toString()) as Json;
}

export interface Judging {
  readonly root?: TrustRoot;
  readonly identities?: readonly IdentityRule[];
  readonly thresholds?: Thresholds;
}

/** Attaches a bundle to the model and verifies it: the result, or the reason for the refusal. */
export async function judge({ repository, subject }: Model, json: Json, judging: Judging = {}) {
  const bundle = await attachBytes(repository, subject, Buffer.from(JSON.stringify(json)));
  const { root = sigstore.root, identities = [everyone], thresholds = {} } = judging;
  const policy = { keys: [], certificates: { root, identities, thresholds } };
  return verifyStatement(repository, bundle, subject.digest, policy).catch((error: unknown) => error);
}

/** Tampers with an honest bundle and expects a verdict, of the one class that there is. */
export async function refuses(
  tamper: (json: Json, model: Model) => unknown,
  expected: { making?: Making; judging?: Judging; code?: string; message?: RegExp } = {},
): Promise<void> {
  const model = await pushedModel();
  const json = await make(model, expected.making);
  await tamper(json, model);
  const error = await judge(model, json, expected.judging);
  expect(error).toBeInstanceOf(VerificationError);
  expect(error).toMatchObject({ code: expected.code ?? "SIGNATURE_INVALID" });
  if (expected.message) expect((error as Error).message).toMatch(expected.message);
}

export const nothing = () => {};
export const entryOf = (json: Json, at = 0) => json.verificationMaterial.tlogEntries?.[at] as Entry;
export const editBody = (entry: Entry, edit: (body: { spec: Record<string, never> }) => void) => {
  const body = JSON.parse(Buffer.from(entry.canonicalizedBody, "base64").toString()) as { spec: Record<string, never> };
  edit(body);
  entry.canonicalizedBody = Buffer.from(JSON.stringify(body)).toString("base64");
};
