import { mkdir, stat, writeFile } from "node:fs/promises";
import { join, relative, resolve } from "node:path";
import { Option } from "commander";
import type { EvalStatement, EvaluatorRelationship } from "../../evidence/index.ts";
import { StoreError } from "../../oci/errors.ts";
import type { CommandModule, Context, Outcome } from "../context.ts";
import { UsageError } from "../errors.ts";
import { addEvidenceTrustOptions, type EvidenceTrustOptions, openEvidenceTrust } from "../options/evidence-trust.ts";
import { addExamples } from "../options/examples.ts";
import { addRegistryOptions, type RegistryOptions } from "../options/registry.ts";
import { withTarget } from "../options/target.ts";
import { safe } from "../render/text.ts";
import type { EvalExportResult } from "../results/eval.ts";

interface ExportOptions extends RegistryOptions, EvidenceTrustOptions {
  readonly as: EvalExportResult["as"];
  readonly suite?: string;
  readonly output?: string;
  readonly organization?: string;
  readonly relationship?: EvaluatorRelationship;
  readonly taskType?: string;
}

export const command: CommandModule = {
  define(program, act) {
    const evaluations = program.command("eval").description("the evaluations of a version");
    const exporting = evaluations
      .command("export <ref>")
      .description("verified evaluations in other formats: of each suite the newest")
      .addOption(
        new Option("--as <format>", "the format").choices(["every-eval-ever", "model-index"]).makeOptionMandatory(),
      )
      .option("--suite <name>", "only this suite, as name or name@version")
      .option("-o, --output <directory>", "write one file per document into it; never overwrites")
      .option("--organization <name>", "who evaluated; default: the signer")
      .addOption(
        new Option("--relationship <kind>", "of the evaluator to the model").choices([
          "first_party",
          "third_party",
          "collaborative",
          "other",
        ]),
      )
      .option("--task-type <type>", "task of Hugging Face's list, for model-index")
      .action((ref: string, options: ExportOptions) =>
        act(render, (context) => exportEvaluations(context, ref, options)),
      );
    addEvidenceTrustOptions(addRegistryOptions(exporting));
    addExamples(exporting, [
      { line: "mreg eval export risk:v1 --as model-index", does: "YAML for the front matter of a card" },
      {
        line: "mreg eval export risk:v1 --as every-eval-ever --key alice.pub -o results",
        does: "one JSON file per suite, by Alice's word alone",
      },
    ]);
  },
};

async function exportEvaluations(
  context: Context,
  ref: string,
  options: ExportOptions,
): Promise<Outcome<EvalExportResult>> {
  const trust = await openEvidenceTrust(context, options);
  return withTarget(context, ref, options, async ({ descriptor, pinned, repository }) => {
    const { readEvalStatements, toEveryEvalEver, toModelIndex } = await import("../../evidence/index.ts");
    const { statements, unverified } = await readEvalStatements(repository, descriptor, trust, context);
    const newest = newestOfSuites(statements, options.suite);
    if (newest.length === 0) {
      const others = unverified.length > 0 ? `; ${unverified.length} could not be verified` : "";
      throw new StoreError("NOT_FOUND", `no verified evaluation of ${pinned}${others}`);
    }
    const { organization, relationship } = options;
    const model = {
      name: repository.name,
      reference: pinned,
      now: context.clock(),
      ...(organization === undefined ? {} : { organization }),
      ...(relationship === undefined ? {} : { relationship }),
    };
    const documents =
      options.as === "model-index"
        ? [{ from: newest, name: "model-index.yaml", content: toModelIndex(newest, model, options.taskType) }]
        : newest.map((one) => ({ from: [one], name: fileName(one), content: toEveryEvalEver(one, model) }));
    const exports: EvalExportResult["exports"] = [];
    for (const { from, name, content } of documents) {
      const file = options.output === undefined ? undefined : await write(context, join(options.output, name), content);
      const statementsOf = from.map(({ digest }) => digest);
      const suite = from.map(suiteOf).join(", ");
      exports.push({ statements: statementsOf, suite, ...(file === undefined ? {} : { file }), content });
    }
    const result: EvalExportResult = {
      kind: "eval-export",
      schemaVersion: 1,
      reference: pinned,
      as: options.as,
      exports,
      unverified: unverified.map(({ digest, reason }) => ({ statement: digest, reason })),
    };
    return { result };
  });
}

const suiteOf = ({ result: { suite } }: EvalStatement) => `${suite.name}@${suite.version}`;

/** As gates do: among the results of one suite in one environment the newest counts, and no best of several. */
function newestOfSuites(statements: readonly EvalStatement[], wanted: string | undefined): readonly EvalStatement[] {
  const newest = new Map<string, EvalStatement>();
  for (const statement of statements) {
    const { environment, suite } = statement.result;
    if (wanted !== undefined && wanted !== suite.name && wanted !== suiteOf(statement)) continue;
    const key = JSON.stringify([suite.name, suite.version, environment]);
    if (!newest.has(key)) newest.set(key, statement);
  }
  return [...newest.values()];
}

/** A name for every file system: what a statement says may be anything. */
function fileName({ digest, result }: EvalStatement): string {
  const suite = result.suite.name
    .replaceAll(/[^A-Za-z0-9_-]+/g, "-")
    .replace(/^-/, "")
    .slice(0, 80);
  return `${suite || "suite"}-${digest.slice("sha256:".length, "sha256:".length + 12)}.json`;
}

async function write(context: Context, path: string, content: string): Promise<string> {
  const full = resolve(context.cwd, path);
  if (await stat(full).catch(() => undefined)) throw new UsageError(`${path} is there already; it was not overwritten`);
  await mkdir(resolve(full, ".."), { recursive: true });
  await writeFile(full, content, { flag: "wx" });
  return relative(context.cwd, full);
}

/** Without --output the documents themselves; line by line, since what a statement says may be meant for terminals. */
function render({ exports }: EvalExportResult): string {
  const written = exports.flatMap(({ file }) => (file === undefined ? [] : [safe(file)]));
  if (written.length > 0) return written.join("\n");
  const documents = exports.map(({ content }) => content.trimEnd().split("\n").map(safe).join("\n"));
  return documents.length === 1 ? (documents[0] ?? "") : `[${documents.join(",\n")}]`;
}
