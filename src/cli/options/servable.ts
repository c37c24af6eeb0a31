import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Command } from "commander";
import type { Context } from "../context.ts";
import { safe } from "../render/text.ts";
import { type HeadOptions, readHistory } from "./heads.ts";
import { openPolicy, type PolicyOptions, policyFileName } from "./policy.ts";
import type { OpenedTarget } from "./target.ts";

export interface ServableOptions extends PolicyOptions, HeadOptions {
  readonly audit?: boolean;
}

export function addServableOptions(command: Command): Command {
  return command.option(
    "--audit",
    "also what is archived, or retired for longer than its sunset: to look at, not to serve",
  );
}

/**
 * Refuses what the chain says must not be handed out any more, and notes what is about to end.
 *
 * Where there is no policy, nobody could say whose history counts: the content is what its digest says, and no more.
 *
 * @throws {@link LifecycleError} `NOT_SERVED`.
 */
export async function checkServable(
  context: Context,
  { descriptor, repository }: Pick<OpenedTarget, "descriptor" | "repository">,
  options: ServableOptions,
): Promise<void> {
  const given = options.policy ?? context.config.policy;
  if (given === undefined && !existsSync(join(context.cwd, policyFileName))) return;
  const policy = await openPolicy(context, options);
  const chain = await readHistory(context, repository, policy, options);
  const { servable } = await import("../../lifecycle/state/servable.ts");
  const found = servable(chain, descriptor.digest, context.clock());
  if (found.answer === "yes") {
    if (found.warning !== undefined) context.note(`warning: ${safe(`${repository.name}: ${found.warning}`)}`);
    return;
  }
  if (found.answer === "audit" && options.audit) return;
  const { LifecycleError } = await import("../../lifecycle/errors.ts");
  const { doubtIn } = await import("../../lifecycle/collect/replay.ts");
  // In doubt it is kept and not served; whoever is refused learns that there is a doubt.
  const doubt = await doubtIn(repository, chain, { signal: context.signal })(found.link);
  const but = doubt === undefined ? "" : `; it stays so, although the policy would not have allowed that: ${doubt}`;
  const next = found.answer === "audit" ? "; --audit hands it out to look at" : "";
  throw new LifecycleError("NOT_SERVED", `${repository.name}: ${found.reason}${but}${next}`);
}
