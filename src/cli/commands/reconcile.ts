import type { CommandModule, Context, Outcome } from "../context.ts";
import { addExamples } from "../options/examples.ts";
import { openHeads, readHistory } from "../options/heads.ts";
import { addPolicyOptions, openPolicy, type PolicyOptions } from "../options/policy.ts";
import { addRegistryOptions, type RegistryOptions } from "../options/registry.ts";
import { addSigningOptions, openSigner, type SigningOptions } from "../options/signing.ts";
import { withModel } from "../options/target.ts";
import type { Paint } from "../render/paint.ts";
import { count, safe, shortDigest } from "../render/text.ts";
import type { ReconcileResult } from "../results/reconcile.ts";

interface ReconcileOptions extends RegistryOptions, PolicyOptions, SigningOptions {
  readonly heartbeat?: boolean;
  readonly forgetHead?: boolean;
}

export const command: CommandModule = {
  define(program, act) {
    const reconcile = program
      .command("reconcile <name>")
      .description("write the tags that the verified chain stands behind and that are missing; safe at any time")
      .option("--heartbeat", "also sign that this is the newest record, for readers with --max-head-age")
      .option("--forget-head", "first forget how far you had verified: for a model that was really made anew")
      .action((name: string, options: ReconcileOptions) =>
        act(render, (context) => reconcile_(context, name, options)),
      );
    addPolicyOptions(addSigningOptions(addRegistryOptions(reconcile)));
    addExamples(reconcile, [
      { line: "mreg reconcile risk", does: "complete what an interrupted promotion left undone" },
      { line: "mreg reconcile risk --heartbeat --key mike.key", does: "the same, and testify to the head" },
    ]);
  },
};

async function reconcile_(
  context: Context,
  name: string,
  options: ReconcileOptions,
): Promise<Outcome<ReconcileResult>> {
  const policy = await openPolicy(context, options);
  const signer = options.heartbeat ? await openSigner(context, options) : undefined;
  const { beat, findForks, reconcileTags } = await import("../../lifecycle/index.ts");
  return withModel(context, name, options, async ({ repository }) => {
    const { clock, signal } = context;
    if (options.forgetHead) await (await openHeads(context.env)).forget(repository.location);
    const chain = await readHistory(context, repository, policy, {});
    const { conflicts, written } = await reconcileTags(repository, chain, { signal });
    const forks = await findForks(repository, chain, { signal });
    const heartbeat = signer && (await beat(repository, chain, { clock, signal, signer }));
    const head = chain.links.at(-1);
    return {
      result: {
        ...{ kind: "reconcile", schemaVersion: 1, name: repository.name, records: chain.links.length },
        ...(head ? { head: head.bundle.digest } : {}),
        ...{ written: [...written], conflicts: conflicts.map((conflict) => ({ ...conflict })) },
        forks: forks.map(({ digest, sequence, signer: { person } }) => ({ digest, sequence, person })),
        ...(heartbeat ? { heartbeat: heartbeat.digest } : {}),
        ...(options.forgetHead ? { forgotten: true } : {}),
      },
    };
  });
}

function render({ conflicts, forks, heartbeat, head, name, records, written }: ReconcileResult, paint: Paint): string {
  return [
    `${safe(name)}: ${count(records, "record")}${head === undefined ? "" : `, the newest is ${shortDigest(head)}`}`,
    written.length > 0 ? `wrote ${written.join(", ")}` : "nothing was missing",
    ...conflicts.map(({ expected, tag }) => `${paint.bad("taken")}  ${safe(tag)}  the chain says ${expected}`),
    ...forks.map(
      ({ digest, person, sequence }) =>
        `${paint.bad("fork")}  record ${sequence} by ${safe(person)} lost a race and counts for nothing: ${digest}`,
    ),
    ...(heartbeat === undefined ? [] : [`heartbeat ${heartbeat}`]),
  ].join("\n");
}
