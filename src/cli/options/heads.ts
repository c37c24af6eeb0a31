import { homedir } from "node:os";
import { isAbsolute, join } from "node:path";
import type { Command } from "commander";
import type { HeadFiles } from "../../lifecycle/chain/head-files.ts";
import type { Chain, Policy } from "../../lifecycle/index.ts";
import type { Repository } from "../../oci/content.ts";
import type { Context } from "../context.ts";
import { keepHeapTight } from "./heap.ts";
import { parseAge } from "./values.ts";

export interface HeadOptions {
  /** Milliseconds. */
  readonly maxHeadAge?: number;
}

/** Adds `--max-head-age`. */
export function addHeadOptions(command: Command): Command {
  return command.option(
    "--max-head-age <duration>",
    "refuse a history whose newest record or heartbeat is older, such as 24h: it may have been frozen",
    parseAge,
  );
}

/** Opens what is remembered of the chains that were verified before, in the user's state directory. */
export async function openHeads(env: NodeJS.ProcessEnv): Promise<HeadFiles> {
  const { HeadFiles: Files } = await import("../../lifecycle/chain/head-files.ts");
  return new Files(join(stateDirectory(env), "mreg", "heads"));
}

/** Reads and verifies a model's history, from where this user has verified it to, and no older than the flags allow. */
export async function readHistory(
  { clock, env, signal }: Context,
  repository: Repository,
  policy: Policy,
  { maxHeadAge }: HeadOptions,
): Promise<Chain> {
  const { readChain } = await import("../../lifecycle/chain/read.ts");
  const heads = await openHeads(env);
  keepHeapTight();
  const chain = await readChain(repository, policy, { heads, signal });
  if (maxHeadAge === undefined) return chain;
  const { requireFreshHead } = await import("../../lifecycle/chain/heartbeat.ts");
  await requireFreshHead(repository, chain, { maxAgeMs: maxHeadAge, clock, signal });
  return chain;
}

/** XDG_STATE_HOME, %LOCALAPPDATA% or ~/.local/state; relative ones are ignored, as the XDG specification says. */
function stateDirectory(env: NodeJS.ProcessEnv): string {
  const named = env["XDG_STATE_HOME"] || env["LOCALAPPDATA"] || "";
  return isAbsolute(named) ? named : join(env["HOME"] || homedir(), ".local", "state");
}
