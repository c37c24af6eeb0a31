import { resolve } from "node:path";
import { Option } from "commander";
import { writeFileAtomic } from "../../base/atomic-file.ts";
import type { JsonValue } from "../../base/json.ts";
import type { CommandModule, Context, Outcome } from "../context.ts";
import { addEvidenceTrustOptions, type EvidenceTrustOptions, openEvidenceTrust } from "../options/evidence-trust.ts";
import { addExamples } from "../options/examples.ts";
import { addRegistryOptions, type RegistryOptions } from "../options/registry.ts";
import { withTarget } from "../options/target.ts";
import { count, safe } from "../render/text.ts";
import type { SbomResult } from "../results/sbom.ts";
import { packageVersion } from "../version.ts";

interface SbomOptions extends RegistryOptions, EvidenceTrustOptions {
  readonly as: "cyclonedx" | "spdx";
  readonly output?: string;
  readonly evidence: boolean;
}

export const command: CommandModule = {
  define(program, act) {
    const sbom = program
      .command("sbom <ref>")
      .description("make a bill of materials: files, card, evaluations, data sets and base models")
      .addOption(
        new Option("--as <format>", "CycloneDX 1.6 or SPDX 3.0.1").choices(["cyclonedx", "spdx"]).default("cyclonedx"),
      )
      .option("-o, --output <file>", "write it to a file instead of stdout")
      .option("--no-evidence", "leave out what statements say: the manifest and its files alone")
      .action((ref: string, options: SbomOptions) => act(render, (context) => sbom_(context, ref, options)));
    addEvidenceTrustOptions(addRegistryOptions(sbom));
    addExamples(sbom, [
      {
        line: "mreg sbom risk:v1 -o bom.cdx.json && mreg attach risk:v1 --type sbom bom.cdx.json --key alice.key",
        does: "CycloneDX with what is verified, then attached as a signed statement",
      },
      { line: "mreg sbom risk:v1 --as spdx --no-evidence", does: "SPDX 3 of the files alone, on stdout" },
    ]);
  },
};

async function sbom_(context: Context, ref: string, options: SbomOptions): Promise<Outcome<SbomResult>> {
  const trust = options.evidence ? await openEvidenceTrust(context, options) : undefined;
  return withTarget(context, ref, options, async ({ descriptor, pinned, repository, version }) => {
    const { cycloneDxOf, readBomFacts, spdxOf } = await import("../../evidence/index.ts");
    const { name, location } = repository;
    const tool = packageVersion();
    const tag = version.version === undefined ? undefined : `v${version.version}`;
    const subject = { name, location, descriptor, version: tag };
    const facts = await readBomFacts(repository, subject, trust, { signal: context.signal });
    const document = options.as === "spdx" ? spdxOf(facts, { tool, now: context.clock() }) : cycloneDxOf(facts, tool);
    const file = options.output === undefined ? undefined : resolve(context.cwd, options.output);
    if (file !== undefined) await writeFileAtomic(file, text(document));
    const result: SbomResult = {
      kind: "sbom",
      schemaVersion: 1,
      reference: pinned,
      digest: descriptor.digest,
      as: options.as,
      statements: facts.statements.length,
      ...(options.output === undefined ? { document } : { file: options.output }),
    };
    return { result };
  });
}

function text(document: Readonly<Record<string, JsonValue>>): string {
  return `${JSON.stringify(document, undefined, 2)}\n`;
}

function render({ document, file, reference, statements }: SbomResult): string {
  if (document) return text(document).trimEnd().split("\n").map(escaped).join("\n");
  return [`${safe(file ?? "")}, from ${count(statements, "verified statement")}`, safe(reference)].join("\n");
}

/** What could move the cursor, as JSON writes it: the document stays what it is. */
function escaped(line: string): string {
  return line.replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, (character) =>
    character
      .split("")
      .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`)
      .join(""),
  );
}
