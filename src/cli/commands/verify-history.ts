import { readFile, stat } from "node:fs/promises";
import { resolve } from "node:path";
import { documentLimitBytes } from "../../base/limits.ts";
import type { Chain, ChainLink } from "../../lifecycle/index.ts";
import type { Repository } from "../../oci/content.ts";
import { StoreError } from "../../oci/errors.ts";
import type { Context, Outcome } from "../context.ts";
import { UsageError } from "../errors.ts";
import { exitCodes } from "../exit-code.ts";
import { type HeadOptions, readHistory } from "../options/heads.ts";
import { openPolicy, type PolicyOptions } from "../options/policy.ts";
import type { RegistryOptions } from "../options/registry.ts";
import { withModel } from "../options/target.ts";
import type { Paint } from "../render/paint.ts";
import { count, safe, shortDigest } from "../render/text.ts";
import type { VerifyHistoryResult } from "../results/verify-history.ts";

export interface VerifyHistoryOptions extends RegistryOptions, PolicyOptions, HeadOptions {
  readonly replay?: string;
  readonly checkpoint?: string;
}

/** Verifies a model's history beyond its chain: verdicts made again, and a checkpoint that it must continue. */
export async function verifyHistory(
  context: Context,
  name: string,
  options: VerifyHistoryOptions,
): Promise<Outcome<VerifyHistoryResult>> {
  const policy = await openPolicy(context, options);
  const bytes =
    options.checkpoint === undefined ? undefined : await readSmall(resolve(context.cwd, options.checkpoint));
  return withModel(context, name, options, async ({ repository }) => {
    const chain = await readHistory(context, repository, policy, options);
    const links = options.replay === undefined ? [] : wanted(chain, options.replay);
    const replayed = await replayAll(context, repository, chain, links);
    const head = chain.links.at(-1);
    const result: VerifyHistoryResult = {
      ...{ kind: "verify-history", schemaVersion: 1, name: repository.name, records: chain.links.length },
      ...(head ? { head: head.bundle.digest } : {}),
      replayed,
      ...(bytes ? { checkpoint: await compare(chain, bytes) } : {}),
    };
    const holds = replayed.every(({ allowed }) => allowed);
    return holds ? { result } : { result, exitCode: exitCodes.verification };
  });
}

/** `all`, a number, or the digest of the record's manifest. */
function wanted({ links, model }: Chain, record: string): readonly ChainLink[] {
  if (record === "all") return links;
  const found = links.filter(({ bundle, sequence }) => bundle.digest === record || String(sequence) === record);
  if (found.length > 0) return found;
  throw new StoreError("NOT_FOUND", `${model} has ${links.length} records, and none is ${JSON.stringify(record)}`);
}

async function replayAll(
  { signal }: Context,
  repository: Repository,
  chain: Chain,
  links: readonly ChainLink[],
): Promise<VerifyHistoryResult["replayed"]> {
  const { replay } = await import("../../lifecycle/index.ts");
  const replayed: VerifyHistoryResult["replayed"] = [];
  for (const link of links) {
    const { decision, policyChanged } = await replay(repository, chain, link, { signal });
    const { from, kind, to, version } = link.record;
    replayed.push({
      ...{ sequence: link.sequence, digest: link.bundle.digest, version, transition: kind, from, to },
      ...{ allowed: decision.allowed, policyChanged },
      gates: decision.gates.map(({ code, gate, passed, reason }) => ({ gate, code, passed, reason })),
    });
  }
  return replayed;
}

async function compare(chain: Chain, bytes: Uint8Array): Promise<NonNullable<VerifyHistoryResult["checkpoint"]>> {
  const { checkCheckpoint } = await import("../../lifecycle/index.ts");
  const { checkpoint, signer } = await checkCheckpoint(chain, bytes);
  return { sequence: checkpoint.seq, issuedAt: checkpoint.issuedAt, signer: signer.person };
}

async function readSmall(path: string): Promise<Uint8Array> {
  try {
    if ((await stat(path)).size <= documentLimitBytes) return await readFile(path);
  } catch (cause) {
    throw new UsageError(`cannot read ${path}: ${(cause as Error).message}`, { cause });
  }
  throw new UsageError(`${path} is no checkpoint: it has more than ${documentLimitBytes} bytes`);
}

export function renderVerifyHistory(result: VerifyHistoryResult, paint: Paint): string {
  const { checkpoint, head, name, records, replayed } = result;
  return [
    `${paint.good("✓")} ${safe(name)}: ${count(records, "record")}${head === undefined ? "" : `, the newest is ${shortDigest(head)}`}`,
    ...replayed.map((record) => renderReplay(record, paint)),
    ...(checkpoint
      ? [
          `${paint.good("✓")} continues the checkpoint of record ${checkpoint.sequence}, ${checkpoint.issuedAt}, by ${safe(checkpoint.signer)}`,
        ]
      : []),
  ].join("\n");
}

function renderReplay(record: VerifyHistoryResult["replayed"][number], paint: Paint): string {
  const { allowed, from, gates, policyChanged, sequence, to, transition, version } = record;
  const failed = gates.filter(({ passed }) => !passed);
  const reasons = failed.map(({ code, gate, reason }) => `${code} ${safe(gate)}: ${safe(reason)}`).join("; ");
  const answer = allowed ? `${paint.good("✓")} all ${gates.length} gates pass` : `${paint.bad("✗")} ${reasons}`;
  const changed = policyChanged ? "; the policy has changed since" : "";
  return `${String(sequence).padStart(6, "0")}  ${version} ${safe(transition)} ${safe(from)} → ${safe(to)}  ${answer}${changed}`;
}
