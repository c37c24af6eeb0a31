import { z } from "zod";
import { Base64Bytes } from "../base64.ts";
import {
  bundleProofLimit,
  checkpointLimitCharacters,
  checkpointSignatureLimit,
  inclusionHashLimit,
  logEntryLimitBytes,
  timestampLimitBytes,
} from "../limits.ts";

/**
 * The proofs of a bundle, as strict as they can be before anything is computed from them: every field has a type, a
 * limit, and one spelling. Unknown fields are refused, since protojson refuses them.
 *
 * @see {@link https://github.com/sigstore/protobuf-specs/blob/v0.5.2/protos/sigstore_rekor.proto}
 */

/** An int64 as protojson writes it. Nothing in a log is negative. */
const count = z.string().regex(/^(?:0|[1-9][0-9]{0,18})$/, "expected a decimal number that is not negative");

const bounded = (limitBytes: number) =>
  z
    .string()
    .max(Math.ceil(limitBytes / 3) * 4, `expected at most ${limitBytes} bytes in base64`)
    .pipe(Base64Bytes)
    .refine((bytes) => bytes.byteLength > 0, "expected at least one byte");

const hashBytes = 32;
const hash = bounded(hashBytes).refine((bytes) => bytes.byteLength === hashBytes, "expected a SHA-256 hash");

const signature = bounded(2048);

/**
 * A checkpoint is a signed note: the origin, the tree's size, its root hash, perhaps more lines, an empty line, and
 * signatures. Checked here by looking at lines, because verifiers search it with patterns and look its names up.
 *
 * @see {@link https://github.com/C2SP/C2SP/blob/tlog-checkpoint/v1.0.0/tlog-checkpoint.md}
 */
const checkpoint = z
  .string()
  .max(checkpointLimitCharacters)
  .superRefine((note, context) => {
    const problem = checkpointProblem(note);
    if (problem) context.addIssue({ code: "custom", message: problem });
  });

/** Names of logs and witnesses are hosts with a path. Each pattern reads one line once: it cannot backtrack. */
const signerName = /^[A-Za-z0-9.:/_+-]{1,255}$/;
const base64Text = /^[A-Za-z0-9+/]{7,4096}={0,2}$/;

function checkpointProblem(note: string): string | undefined {
  const end = note.indexOf("\n\n");
  if (end < 0) return "expected an empty line before the signatures";
  const [origin = "", size = "", root = ""] = note.slice(0, end).split("\n");
  if (origin === "" || origin.length > 255) return "expected the name of the log in its first line";
  if (!/^(?:0|[1-9][0-9]{0,18})$/.test(size)) return "expected the size of the tree in its second line";
  if (Buffer.from(root, "base64").byteLength !== hashBytes) return "expected the root hash in its third line";
  const lines = note.slice(end + 2).split("\n");
  if (lines.pop() !== "") return "expected a line feed at its end";
  if (lines.length === 0) return "it has no signature";
  if (lines.length > checkpointSignatureLimit) return `expected at most ${checkpointSignatureLimit} signatures`;
  for (const line of lines) {
    const [dash, name = "", bytes = "", ...rest] = line.split(" ");
    if (dash !== "\u2014" || rest.length > 0 || !signerName.test(name) || !base64Text.test(bytes)) {
      return "a signature line is not a dash, a name of a log and base64";
    }
  }
  return undefined;
}

const inclusionProof = z.strictObject({
  logIndex: count.default("0"),
  rootHash: hash,
  treeSize: count,
  hashes: z.array(hash).max(inclusionHashLimit).default([]),
  checkpoint: z.strictObject({ envelope: checkpoint }).optional(),
});

/** Kinds and versions are the only text of an entry that chooses code. */
const kindVersion = z.strictObject({
  kind: z.enum(["hashedrekord", "dsse", "intoto"]),
  version: z.enum(["0.0.1", "0.0.2"]),
});

export const LogEntry = z.strictObject({
  // A zero is left out by protojson.
  logIndex: count.default("0"),
  logId: z.strictObject({ keyId: bounded(64) }),
  kindVersion,
  integratedTime: count.default("0"),
  inclusionPromise: z.strictObject({ signedEntryTimestamp: signature }).optional(),
  inclusionProof: inclusionProof.optional(),
  canonicalizedBody: bounded(logEntryLimitBytes),
});
export type LogEntry = z.output<typeof LogEntry>;

const timestamp = z.strictObject({ signedTimestamp: bounded(timestampLimitBytes) });

export const Proofs = z.strictObject({
  logEntries: z.array(LogEntry).max(bundleProofLimit),
  timestamps: z.array(timestamp).max(bundleProofLimit),
});
export type Proofs = z.output<typeof Proofs>;
