import { stat } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import type { Command } from "commander";
import type { EvidenceDraft, EvidenceSource } from "../../evidence/index.ts";
import type { CollectedLineage } from "../../evidence/lineage/draft-lineage.ts";
import type { Context } from "../context.ts";
import { UsageError } from "../errors.ts";
import { safe } from "../render/text.ts";
import { gather } from "./values.ts";

/** What the user says of the training run; it decides over what is found. */
export interface LineageOptions {
  readonly run?: string;
  readonly commit?: string;
  readonly trainedOn: readonly string[];
  readonly baseModel?: string;
}

/** Adds the flags of {@link LineageOptions}. */
export function addLineageOptions(command: Command): Command {
  return command
    .option("--run <id>", "lineage: the training run, instead of the one that is found")
    .option("--commit <sha>", "lineage: the full commit of the training code")
    .option("--trained-on <name=version>", "lineage: a data set and its version or digest, repeatable", gather, [])
    .option("--base-model <ref>", "lineage: what it was trained from, with @sha256:… where it is known");
}

export interface LineageSearch {
  /** The paths that are pushed; lineage is looked for in them, and where the user is. */
  readonly paths: readonly string[];
  readonly file?: EvidenceSource | undefined;
  readonly options: LineageOptions;
}

/** Collects lineage and says on stderr what could not be read. */
export async function collectLineage(
  context: Context,
  { paths, file, options }: LineageSearch,
): Promise<CollectedLineage> {
  const { draftLineage } = await import("../../evidence/lineage/draft-lineage.ts");
  const directories = new Set<string>();
  for (const path of paths) {
    const full = resolve(context.cwd, path);
    const found = await stat(full).catch(() => undefined);
    directories.add(found?.isDirectory() ? full : dirname(full));
  }
  directories.add(context.cwd);
  const { run, commit, trainedOn: datasets, baseModel } = options;
  const collected = await draftLineage({
    place: { directories: [...directories], env: context.env, signal: context.signal },
    overrides: { run, commit, datasets, baseModel },
    file,
  });
  for (const note of collected.notes) context.note(`lineage: ${safe(note)}`);
  return collected;
}

/** The draft, which somebody asked for in so many words. @throws {@link EvidenceError} `EVIDENCE_INCOMPLETE`. */
export async function requireLineage({ draft, missing }: CollectedLineage): Promise<EvidenceDraft> {
  if (draft) return draft;
  const { EvidenceError } = await import("../../evidence/errors.ts");
  const message = `no ${missing.join(", no ")} was found; give ${missing.map((part) => flags[part]).join(" and ")}, or a lineage file`;
  throw new EvidenceError("EVIDENCE_INCOMPLETE", message, { missing });
}

const flags = { run: "--run", dataset: "--trained-on <name>=<version>", code: "--commit" } as const;

/** Whether any of the flags is there: then it is meant, and leaving it out silently would be wrong. */
export function saysLineage({ run, commit, baseModel, trainedOn }: LineageOptions): boolean {
  return [run, commit, baseModel, ...trainedOn].some((flag) => flag !== undefined);
}

/** What `push` knows of it: `choice` is `auto`, `none` or a file. */
export interface PushLineageOptions extends LineageOptions {
  readonly sign?: boolean;
  readonly lineage?: string;
}

/**
 * Where the model that is to be pushed comes from, before anything is sent: what is malformed must not leave half a
 * push.
 *
 * Signed pushes collect by themselves; what they find incomplete is a note then, and an error where lineage was asked
 * for.
 */
export async function lineageToPush(
  context: Context,
  paths: readonly string[],
  options: PushLineageOptions,
): Promise<EvidenceDraft | undefined> {
  const { lineage: choice, sign: isSigned } = options;
  const isStated = saysLineage(options);
  const isAsked = isStated || (choice !== undefined && choice !== "none");
  if (isAsked && !isSigned) throw new UsageError("lineage is a signed statement, expected --sign with it");
  if (isAsked && choice === "none") throw new UsageError("--lineage none contradicts the flags that say what it is");
  if (!isSigned || choice === "none") return undefined;
  const isFile = choice !== undefined && choice !== "auto";
  const { readEvidenceFiles } = await import("./evidence-files.ts");
  const [file] = isFile ? await readEvidenceFiles(context, [choice], "lineage") : [];
  const collected = await collectLineage(context, { paths, file, options });
  if (isAsked) return requireLineage(collected);
  if (!collected.draft) context.note(`lineage: not attached, no ${collected.missing.join(", no ")} was found`);
  return collected.draft;
}
