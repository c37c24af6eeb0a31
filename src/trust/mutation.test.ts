import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { attachBytes, evalStatement, newSigner, pushedModel } from "../../test/support/trust.ts";
import { isMregError } from "../base/errors.ts";
import { writeBundle } from "./bundle.ts";
import { signEnvelope } from "./envelope.ts";
import { SigningError, VerificationError } from "./errors.ts";
import { parsePublicKey } from "./key.ts";
import { isEncryptedKeyFile } from "./key-file.ts";
import { generateKeyPair, loadSigner } from "./key-signer.ts";
import type { Signer } from "./signer.ts";
import { type Statement, writeStatement } from "./statement.ts";
import type { Verification } from "./verification.ts";
import { verifyStatement } from "./verify.ts";

/** A change to some bytes. */
type Mutation =
  | { readonly kind: "flip"; readonly at: number; readonly bits: number }
  | { readonly kind: "cut"; readonly at: number; readonly count: number }
  | { readonly kind: "insert"; readonly at: number; readonly bytes: Uint8Array };

const position = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
const mutation: fc.Arbitrary<Mutation> = fc.oneof(
  fc.record({ kind: fc.constant("flip"), at: position, bits: fc.integer({ min: 1, max: 255 }) }),
  fc.record({ kind: fc.constant("cut"), at: position, count: fc.integer({ min: 1, max: 8 }) }),
  fc.record({ kind: fc.constant("insert"), at: position, bytes: fc.uint8Array({ minLength: 1, maxLength: 8 }) }),
);

function mutate(bytes: Uint8Array, change: Mutation): Uint8Array {
  const at = Math.floor(change.at * bytes.byteLength);
  if (change.kind === "cut") return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + change.count)]);
  if (change.kind === "insert") return Buffer.concat([bytes.subarray(0, at), change.bytes, bytes.subarray(at)]);
  const copy = Uint8Array.from(bytes);
  copy[at] = (copy[at] ?? 0) ^ change.bits;
  return copy;
}

/** Puts `value` in place of the `index`th node of a JSON tree, counted from the outside in. */
function replaceNode(tree: unknown, index: number, value: unknown): unknown {
  let left = index;
  const visit = (node: unknown): unknown => {
    if (left-- === 0) return value;
    if (Array.isArray(node)) return node.map(visit);
    if (typeof node !== "object" || node === null) return node;
    return Object.fromEntries(Object.entries(node).map(([key, inner]) => [key, visit(inner)]));
  };
  return visit(tree);
}

let alice: Signer;
let world: Awaited<ReturnType<typeof pushedModel>>;
let statement: Statement;
let payload: Uint8Array;
let signature: Uint8Array;
let valid: Uint8Array;
beforeAll(async () => {
  alice = await newSigner();
  world = await pushedModel();
  statement = evalStatement(world.subject);
  ({ payload, signature } = await signEnvelope(writeStatement(statement), alice));
  valid = writeBundle({ payload, signature }, alice.publicKey);
});

/** What verification of these bytes gives; anything but a VerificationError escapes and fails the test. */
async function outcomeOf(bytes: Uint8Array): Promise<Verification | VerificationError> {
  const bundle = await attachBytes(world.repository, world.subject, bytes);
  try {
    return await verifyStatement(world.repository, bundle, world.subject.digest, { keys: [alice.publicKey] });
  } catch (error) {
    if (error instanceof VerificationError) return error;
    throw error;
  }
}

/** Parts of a bundle are not signed (hint, keyid, spelling); changing them may pass, changing what was said may not. */
async function expectHarmless(bytes: Uint8Array): Promise<void> {
  const outcome = await outcomeOf(bytes);
  if (outcome instanceof VerificationError) return;
  expect(outcome.statement).toEqual(statement);
  expect(outcome.signer).toEqual(alice.publicKey.identity);
}

describe("mutations of a valid bundle", () => {
  it("unchanged, it verifies", async () => {
    expect(await outcomeOf(valid)).toMatchObject({ statement });
  });

  it("changed bytes are refused, or say the same by the same signer", async () => {
    await fc.assert(
      fc.asyncProperty(mutation, (change) => expectHarmless(mutate(valid, change))),
      { numRuns: 500 },
    );
  });

  it("a changed node is refused, or the statement is the same by the same signer", async () => {
    const property = fc.asyncProperty(fc.nat({ max: 9 }), fc.jsonValue({ maxDepth: 3 }), (index, value) => {
      const changed = replaceNode(JSON.parse(Buffer.from(valid).toString()), index, value);
      return expectHarmless(Buffer.from(JSON.stringify(changed)));
    });
    await fc.assert(property, { numRuns: 500 });
  });

  it("a changed payload never verifies", async () => {
    const property = fc.asyncProperty(mutation, async (change) => {
      const changed = mutate(payload, change);
      fc.pre(!Buffer.from(changed).equals(payload));
      const outcome = await outcomeOf(writeBundle({ payload: changed, signature }, alice.publicKey));
      expect(outcome).toMatchObject({ name: "VerificationError", code: "SIGNATURE_INVALID" });
    });
    await fc.assert(property, { numRuns: 200 });
  });

  it("a changed signature never verifies", async () => {
    const property = fc.asyncProperty(mutation, async (change) => {
      const changed = mutate(signature, change);
      fc.pre(!Buffer.from(changed).equals(signature));
      const outcome = await outcomeOf(writeBundle({ payload, signature: changed }, alice.publicKey));
      expect(outcome).toMatchObject({ name: "VerificationError", code: "SIGNATURE_INVALID" });
    });
    await fc.assert(property, { numRuns: 200 });
  });

  it("any bytes and any JSON are refused with a VerificationError", async () => {
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc.json().map((text) => Buffer.from(text)),
    );
    const property = fc.asyncProperty(bytes, async (anything) => {
      expect(await outcomeOf(anything)).toMatchObject({ code: "SIGNATURE_INVALID" });
    });
    await fc.assert(property);
  });
});

describe("mutations of key files", () => {
  const pair = generateKeyPair("");
  const tryAll = async (pem: string) => {
    // A mutated file that is still well-formed costs a key derivation; the shape is what is tried here.
    if (isEncryptedKeyFile(pem)) return;
    await loadSigner(pem).catch(expectSigningError);
  };

  it("a changed public key is refused with a SigningError, or is another key", () => {
    const property = fc.property(mutation, (change) => {
      const pem = Buffer.from(mutate(Buffer.from(pair.publicPem), change)).toString();
      try {
        expect(parsePublicKey(pem).pem).toContain("PUBLIC KEY");
      } catch (error) {
        expectSigningError(error);
      }
    });
    fc.assert(property, { numRuns: 300 });
  });

  it("any text is refused with a SigningError", async () => {
    await fc.assert(fc.asyncProperty(fc.oneof(fc.string(), fc.base64String()), tryAll));
  });
});

function expectSigningError(error: unknown): void {
  if (!isMregError(error)) throw error;
  expect(error).toBeInstanceOf(SigningError);
}
