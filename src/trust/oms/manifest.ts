import { createHash } from "node:crypto";
import { z } from "zod";
import type { Digest } from "../../base/digest.ts";
import { digestHex } from "../../base/digest.ts";
import { modelFileLimit } from "../../base/limits.ts";
import { schemaProblems } from "../../base/schema-problems.ts";
import { printable } from "../document.ts";
import { VerificationError } from "../errors.ts";
import { type Statement, statementType } from "../statement.ts";
import { omsPredicateType } from "./predicate-type.ts";

/** The name a signature has in the directory it speaks of, and which it never speaks of itself. */
export const omsFileName = "model.sig";

/** What every model_signing leaves out at the top of a directory, whether the signature says so or not. */
export const gitPaths: readonly string[] = [".git", ".gitattributes", ".github", ".gitignore"];

/** Signed on the way by which files were hashed; shards of 1 MB of the largest models are some 2,000,000. */
const resourceLimit = 20 * modelFileLimit;

const hex = z.string().regex(/^(?:[0-9a-f]{2})+$/, "expected lower-case hex");

/** Open for keys to come, as the specification demands. */
const OmsPredicate = z.looseObject({
  serialization: z.looseObject({
    method: z.enum(["files", "shards"]),
    hash_type: z.string(),
    allow_symlinks: z.boolean().optional(),
    ignore_paths: z.array(z.string()).max(modelFileLimit).optional(),
    shard_size: z.int().positive().optional(),
  }),
  resources: z
    .array(z.looseObject({ name: z.string(), algorithm: z.string(), digest: hex }))
    .min(1)
    .max(resourceLimit),
});

/** Names, in a model's directory or of pieces of its files, with the hex of their hashes. */
export type OmsResources = ReadonlyMap<string, string>;

/** What a signature says about a directory. */
export interface OmsManifest {
  readonly resources: OmsResources;
  /** By model_signing's name: `sha256`, `blake2b` or `blake3`. */
  readonly hash: string;
  /** Bytes of a shard; absent when whole files were hashed. */
  readonly shardBytes?: number;
  readonly allowSymlinks: boolean;
  /** Relative; each with everything below it. */
  readonly ignoredPaths: readonly string[];
}

/**
 * Reads what a verified statement says about a directory, and checks that it agrees with itself.
 *
 * @throws {@link VerificationError} `SIGNATURE_INVALID`; `NO_SIGNATURE` when it states something else.
 */
export function readOmsManifest({ predicateType, predicate, subject }: Statement): OmsManifest {
  if (predicateType !== omsPredicateType) {
    throw new VerificationError(
      "NO_SIGNATURE",
      `a statement of type ${printable(predicateType)}, expected ${omsPredicateType}`,
    );
  }
  const parsed = OmsPredicate.safeParse(predicate);
  if (!parsed.success) throw invalid(printable(schemaProblems(parsed.error)));
  const { serialization, resources } = parsed.data;
  if (subject.length !== 1) throw invalid(`it has ${subject.length} subjects, expected the model alone`);
  if (rootDigest(resources.map(({ digest }) => digest)) !== subject[0]?.digest["sha256"]) {
    throw invalid("its root digest is not that of its resources");
  }
  const names = new Map(resources.map(({ name, digest }) => [name, digest]));
  if (names.size !== resources.length) throw invalid("it names a file twice");
  const foreign = resources.find(({ algorithm }) => !isAlgorithm(algorithm, serialization.hash_type));
  if (foreign) throw invalid(`${printable(foreign.name)} is hashed otherwise than its serialization says`);
  const isSharded = serialization.method === "shards";
  if (isSharded && serialization.shard_size === undefined) throw invalid("its shards have no size");
  return {
    resources: names,
    hash: serialization.hash_type,
    ...(isSharded && serialization.shard_size ? { shardBytes: serialization.shard_size } : {}),
    allowSymlinks: serialization.allow_symlinks === true,
    ignoredPaths: serialization.ignore_paths ?? [],
  };
}

/** A shard's algorithm has its size behind it: `sha256-sharded-1000000000`. */
function isAlgorithm(algorithm: string, hash: string): boolean {
  return algorithm === hash || algorithm.startsWith(`${hash}-sharded-`);
}

/**
 * States what is in a model's directory: its files, but for those that model_signing never looks at.
 *
 * @param model - a name, for people.
 */
export function makeOmsStatement(
  model: string,
  files: readonly { readonly path: string; readonly digest: Digest }[],
): Statement {
  const resources = files
    .filter(({ path }) => !isIgnored(path, [...gitPaths, omsFileName]))
    .map(({ path, digest }) => ({ name: path, algorithm: "sha256", digest: digestHex(digest) }))
    // By code point, as the specification has it; sorting UTF-16 would put 🙂 before ﬀ.
    .sort((a, b) => Buffer.compare(Buffer.from(a.name), Buffer.from(b.name)));
  const root = rootDigest(resources.map(({ digest }) => digest));
  return {
    _type: statementType,
    subject: [{ name: model, digest: { sha256: root } }],
    predicateType: omsPredicateType,
    predicate: {
      serialization: {
        method: "files",
        hash_type: "sha256",
        allow_symlinks: false,
        ignore_paths: [omsFileName, ...gitPaths],
      },
      resources,
    },
  };
}

/** Tells whether a path is one of these, or below one of them. */
export function isIgnored(path: string, ignored: readonly string[]): boolean {
  return ignored.some((one) => path === one || path.startsWith(`${one}/`));
}

/** SHA-256 over the hashes themselves, in their order, whatever made them. */
function rootDigest(hashes: readonly string[]): string {
  const root = createHash("sha256");
  for (const one of hashes) root.update(one, "hex");
  return root.digest("hex");
}

function invalid(reason: string): VerificationError {
  return new VerificationError("SIGNATURE_INVALID", `unacceptable model signature: ${reason}`);
}
