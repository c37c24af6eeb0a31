import { generateKeyPairSync } from "node:crypto";
import { attach } from "../../src/oci/attach.ts";
import type { ReadOnlyGraphTarget, Repository } from "../../src/oci/content.ts";
import type { Descriptor } from "../../src/oci/descriptor.ts";
import { MemoryRegistry } from "../../src/stores/memory/index.ts";
import { writeBundle } from "../../src/trust/bundle.ts";
import { signEnvelope } from "../../src/trust/envelope.ts";
import { bundleMediaType, loadSigner, makeStatement, type Signer, type Statement } from "../../src/trust/index.ts";
import { writeStatement } from "../../src/trust/statement.ts";
import { blobOf, pushArtifact, seededArtifact } from "./fixtures.ts";

/** Curves and sizes of throw-away keys. */
export const keyKinds = {
  "P-256": () => generateKeyPairSync("ec", { namedCurve: "prime256v1" }),
  "P-384": () => generateKeyPairSync("ec", { namedCurve: "secp384r1" }),
  "P-521": () => generateKeyPairSync("ec", { namedCurve: "secp521r1" }),
  "RSA 2048": () => generateKeyPairSync("rsa", { modulusLength: 2048 }),
  Ed25519: () => generateKeyPairSync("ed25519"),
} as const;
export type KeyKind = keyof typeof keyKinds;

/** A signer with a new key, without the cost of a password. */
export async function newSigner(kind: KeyKind = "P-256"): Promise<Signer> {
  return loadSigner(keyKinds[kind]().privateKey.export({ type: "pkcs8", format: "pem" }).toString());
}

/** A clock that stands, between two whole seconds. */
export const standingClock = () => new Date("2026-01-02T03:04:05.678Z");

export const evalType = "https://mreg.dev/eval/v1";

/** A statement with a predicate that has something of everything. */
export function evalStatement(subject: Descriptor): Statement {
  const predicate = {
    suite: "core",
    score: "0.7104",
    samples: 128,
    slices: [{ name: "naïve 模型 🙂", ok: true }],
    note: null,
  };
  return makeStatement({ subject, name: "ml/risk", predicateType: evalType, predicate });
}

/** A repository in memory with one manifest in it. */
export async function pushedModel(seed = 1): Promise<{ repository: Repository; subject: Descriptor }> {
  const repository = new MemoryRegistry().repository("ml/risk");
  return { repository, subject: await pushArtifact(repository, seededArtifact(seed)) };
}

/** Attaches bytes the way a bundle is attached, whatever they are. */
export function attachBytes(
  repository: Repository,
  subject: Descriptor,
  bytes: Uint8Array,
  mediaType: string = bundleMediaType,
): Promise<Descriptor> {
  return attach(repository, subject, { artifactType: mediaType, layers: [blobOf(bytes, { mediaType })] });
}

type BundleJson = { [key: string]: Record<string, unknown> };

/** A bundle's bytes, signed by `signer` and said to be signed by `claimed`. */
export async function bundleBytes(
  statement: Statement | Uint8Array,
  signer: Signer,
  claimed = signer,
): Promise<Uint8Array> {
  const payload = statement instanceof Uint8Array ? statement : writeStatement(statement);
  return writeBundle(await signEnvelope(payload, signer), claimed.publicKey);
}

/** A bundle with its JSON changed. */
export function editBundle(bytes: Uint8Array, edit: (json: BundleJson) => void): Uint8Array {
  const json = JSON.parse(Buffer.from(bytes).toString()) as BundleJson;
  edit(json);
  return Buffer.from(JSON.stringify(json));
}

/** A store with some of its verbs replaced. */
function withVerbs(store: Repository, verbs: Partial<ReadOnlyGraphTarget>): ReadOnlyGraphTarget {
  return {
    fetch: (...args) => store.fetch(...args),
    fetchRange: (...args) => store.fetchRange(...args),
    exists: (...args) => store.exists(...args),
    resolve: (...args) => store.resolve(...args),
    tags: (...args) => store.tags(...args),
    referrers: (...args) => store.referrers(...args),
    ...verbs,
  };
}

/** A store that answers the fetch of one digest in its own way. */
export function withFetch(
  store: Repository,
  digest: string,
  answer: () => AsyncIterable<Uint8Array>,
): ReadOnlyGraphTarget {
  return withVerbs(store, { fetch: (target) => (target.digest === digest ? answer() : store.fetch(target)) });
}

/** A store that tells what is fetched from it. */
export function withFetches(store: Repository, listen: (digest: string) => void): ReadOnlyGraphTarget {
  return withVerbs(store, {
    fetch: (target, options) => {
      listen(target.digest);
      return store.fetch(target, options);
    },
  });
}

/** A store that lists referrers of its own. */
export function withReferrers(store: Repository, list: Iterable<Descriptor>): ReadOnlyGraphTarget {
  return withVerbs(store, {
    referrers: async function* () {
      yield* list;
    },
  });
}
