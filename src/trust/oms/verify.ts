import type { CallOptions, ReadOnlyGraphTarget } from "../../oci/content.ts";
import type { Descriptor } from "../../oci/descriptor.ts";
import { readAttachedBytes } from "../attached-bundle.ts";
import { VerificationError } from "../errors.ts";
import type { Verification } from "../verification.ts";
import { listReferrers } from "../verify.ts";
import { type OmsPolicy, type OmsSigner, readOmsStatement, verifyOmsBundle } from "./bundle.ts";
import { compareResources, requireSame } from "./difference.ts";
import { type DirectoryOptions, hashDirectory } from "./directory.ts";
import { gitPaths, isIgnored, type OmsManifest, type OmsResources, omsFileName, readOmsManifest } from "./manifest.ts";

/** A model whose signature and files were verified. */
export interface OmsVerification {
  readonly signer: OmsSigner;
  /** Names that were compared: files, or shards of them. */
  readonly resources: number;
}

/**
 * Verifies a directory against a signature that model_signing or mreg made: who signed, and that every file is there,
 * as it was, and no other.
 *
 * @param signature - the bytes of a `model.sig`.
 * @throws {@link VerificationError} `SUBJECT_MISMATCH`, naming files that are extra, missing or changed;
 * `SIGNATURE_INVALID`; `IDENTITY_MISMATCH`; `NO_SIGNATURE` when it signs no model.
 */
export async function verifyOmsDirectory(
  directory: string,
  signature: Uint8Array,
  policy: OmsPolicy,
  options: DirectoryOptions = {},
): Promise<OmsVerification> {
  const { signer, statement } = await verifyOmsBundle(signature, policy);
  const manifest = readOmsManifest(statement);
  const actual = await hashDirectory(directory, manifest, options);
  requireSame("the directory", compareResources(manifest.resources, actual));
  return { signer, resources: actual.size };
}

/** A model signature that is attached to a version. */
export interface AttachedOms {
  /** The manifest that carries it. */
  readonly descriptor: Descriptor;
  /** As it stands in `model.sig`. */
  readonly bytes: Uint8Array;
  /** Absent when nobody was to be believed, or the signature came with a certificate chain of its own. */
  readonly verification?: Verification;
}

/**
 * Finds a model signature that is attached to a version, by somebody the policy accepts, and speaks of just its files.
 *
 * A bad one does not mask a good one.
 *
 * @param files - of the version: paths, and hex of their SHA-256.
 * @param policy - without one nobody is believed: the signature is found, and whoever uses it must verify it.
 * @throws {@link VerificationError} `NO_SIGNATURE` when there is none; else the reason of the first that would not do.
 */
export async function findOms(
  store: ReadOnlyGraphTarget,
  subject: Descriptor,
  { files, policy }: { readonly files: OmsResources; readonly policy?: OmsPolicy },
  options?: CallOptions,
): Promise<AttachedOms> {
  let first: VerificationError | undefined;
  for (const listed of await listReferrers(store, subject, options)) {
    try {
      const attached = await readAttachedBytes(store, listed, subject.digest, options);
      if (!attached) continue;
      const { bytes, manifest: descriptor } = attached;
      const { signer, statement } = policy
        ? await verifyOmsBundle(bytes, policy)
        : { signer: undefined, statement: readOmsStatement(bytes) };
      requireSame("the version", compareResources(comparable(readOmsManifest(statement)), signable(files)));
      const isIdentity = signer !== undefined && signer.kind !== "x509";
      return { descriptor, bytes, ...(isIdentity ? { verification: { signer, statement, bundle: descriptor } } : {}) };
    } catch (error) {
      if (!(error instanceof VerificationError)) throw error;
      // Bundles that state something else are not candidates.
      if (error.code !== "NO_SIGNATURE") first ??= error;
    }
  }
  throw first ?? new VerificationError("NO_SIGNATURE", `no model signature is attached to ${subject.digest}`);
}

/** Only hashes of whole files by SHA-256 can be compared with a manifest; others need the files. */
function comparable({ resources, hash, shardBytes }: OmsManifest): OmsResources {
  if (hash === "sha256" && shardBytes === undefined) return resources;
  throw new VerificationError(
    "SUBJECT_MISMATCH",
    "the model signature hashes other than whole files by sha256, so that it cannot be compared with a version",
  );
}

function signable(files: OmsResources): OmsResources {
  return new Map([...files].filter(([path]) => !isIgnored(path, [...gitPaths, omsFileName])));
}
