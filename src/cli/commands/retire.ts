import { readFile } from "node:fs/promises";
import { basename, resolve } from "node:path";
import type { CommandModule, Context } from "../context.ts";
import { UsageError } from "../errors.ts";
import { circumstancesOf, parseVersion } from "../options/circumstances.ts";
import { addExamples } from "../options/examples.ts";
import { openPolicy } from "../options/policy.ts";
import { openSigner } from "../options/signing.ts";
import type { OpenedTarget } from "../options/target.ts";
import { addMoveOptions, type MoveOptions, move, renderMove } from "./move.ts";

interface RetireOptions extends MoveOptions {
  readonly sunset?: string;
  readonly successor?: number;
  readonly migration?: string;
  readonly reason?: string;
}

export const command: CommandModule = {
  define(program, act) {
    const retire = program
      .command("retire <ref>")
      .description("announce a version's end: who takes over, how long it is still served, how to move")
      .option("--sunset <duration>", "how long it is still served, such as 90d, or until when")
      .option("--successor <version>", "version that takes over; default: what production serves", parseVersion)
      .option("--migration <file>", "how to move to the successor; attached first, unless it is there already")
      .option("--reason <text>", "why")
      .action((ref: string, options: RetireOptions) =>
        act(renderMove, (context) =>
          move(context, ref, options, async (target) => {
            if (options.migration) await attachMigration(context, target, options, options.migration);
            return { kind: "retire", ...circumstancesOf(options) };
          }),
        ),
      );
    addMoveOptions(retire);
    addExamples(retire, [
      {
        line: "mreg attach risk:v1 --type document --role migration-path migration.md && mreg approve risk:v1 --to retired --key olga.key && mreg retire risk:v1 --sunset 90d --key mike.key",
        does: "what it takes, one by one: the way to the successor, the owner's approval, the end in 90 days",
      },
      {
        line: "mreg attach risk:v1 --type document --role migration-path migration.md && mreg approve risk:v1 --to retired --key olga.key && mreg retire risk:v1 --sunset 2030-01-01 --successor v2 --migration migration.md --key mike.key",
        does: "until a date, with the successor by name; the document is there already, and is not attached twice",
      },
    ]);
  },
};

/** A second statement about the same document would be new evidence, and approvals would no longer fit. */
async function attachMigration(
  context: Context,
  { descriptor, repository }: OpenedTarget,
  options: RetireOptions,
  file: string,
): Promise<void> {
  const path = resolve(context.cwd, file);
  const bytes = await readFile(path).catch((cause: Error) => {
    throw new UsageError(`cannot read ${path}: ${cause.message}`, { cause });
  });
  const { clock, signal } = context;
  const { findDocument } = await import("../../lifecycle/index.ts");
  const { attachEvidence, draftEvidence } = await import("../../evidence/index.ts");
  const policy = await openPolicy(context, options);
  const now = clock();
  const subject = descriptor.digest;
  const draft = draftEvidence("document", {
    ...{ files: [{ path: basename(path), bytes }], now, subject, role: "migration-path" },
  });
  if (await findDocument(repository, policy, descriptor, draft.predicate, { signal })) return;
  const signer = await openSigner(context, options);
  await attachEvidence(repository, descriptor, draft, { name: repository.name, signer, clock, signal });
}
