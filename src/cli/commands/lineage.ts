import { mapConcurrent } from "../../base/concurrency.ts";
import type { VersionLineage } from "../../evidence/index.ts";
import type { CommandModule, Context, Outcome } from "../context.ts";
import { UsageError } from "../errors.ts";
import { addEvidenceTrustOptions, type EvidenceTrustOptions, openEvidenceTrust } from "../options/evidence-trust.ts";
import { addExamples } from "../options/examples.ts";
import { addRegistryOptions, connect, type RegistryOptions } from "../options/registry.ts";
import { registryLocation, withTarget } from "../options/target.ts";
import { renderImpact, renderLineage } from "../render/lineage.ts";
import type { LineageImpactResult, LineageShowResult } from "../results/lineage.ts";

/** Versions whose statements are read at a time. */
const concurrency = 4;

type Options = RegistryOptions & EvidenceTrustOptions;

interface ImpactOptions extends Options {
  readonly dataset?: string;
  readonly base?: string;
}

export const command: CommandModule = {
  define(program, act) {
    const lineage = program.command("lineage").description("where versions come from, and which ones a change affects");
    const show = lineage
      .command("show <ref>")
      .description("what is verified about where a version comes from")
      .action((ref: string, options: Options) => act(renderLineage, (context) => showOne(context, ref, options)));
    addEvidenceTrustOptions(addRegistryOptions(show));
    addExamples(show, [
      { line: "mreg lineage show risk:v1", does: "run, code, data sets and base model, and who says so" },
      { line: "mreg lineage show risk:v1 --key alice.pub --format json", does: "by Alice's word alone, as JSON" },
    ]);
    const impact = lineage
      .command("impact")
      .description("versions of the whole registry that a data set or a base model went into, by verified statements")
      .option("--dataset <name>", "a data set: its name, name@version, URI or digest")
      .option("--base <ref>", "a base model: a reference, a URI or a digest; also what was trained from that in turn")
      .action((options: ImpactOptions) => act(renderImpact, (context) => impactOf(context, options)));
    addEvidenceTrustOptions(addRegistryOptions(impact));
    addExamples(impact, [
      { line: "mreg lineage impact --dataset loan-applications", does: "what was trained on it?" },
      { line: "mreg lineage impact --base example/tiny-bert --format json", does: "what was trained from it, as JSON" },
    ]);
  },
};

async function showOne(context: Context, ref: string, options: Options): Promise<Outcome<LineageShowResult>> {
  const trust = await openEvidenceTrust(context, options);
  return withTarget(context, ref, options, async ({ descriptor, pinned, repository }) => {
    const { basesOf, lineageOf, readLineageStatements } = await import("../../evidence/index.ts");
    const { statements, unverified } = await readLineageStatements(repository, descriptor, trust, context);
    const result: LineageShowResult = {
      kind: "lineage-show",
      schemaVersion: 1,
      reference: pinned,
      digest: descriptor.digest,
      statements: statements.map(({ digest, signer, provenance }) => {
        const { run, code, datasets, missing } = lineageOf(provenance);
        const { startedOn, finishedOn } = provenance.runDetails.metadata ?? {};
        const sources = sourcesOf(provenance);
        return {
          ...{ statement: digest, signer, run, startedOn, finishedOn, missing: [...missing] },
          ...(code ? { code: { ...code, source: sources.get("code") } } : {}),
          datasets: datasets.map((dataset) => ({ ...dataset, source: sources.get(`dataset:${dataset.name}`) })),
          baseModels: basesOf(provenance).map(({ uri, digest: found }) => ({
            uri,
            digest: Object.entries(found ?? {}).map(([algorithm, hex]) => `${algorithm}:${hex}`)[0],
          })),
        };
      }),
      unverified: unverified.map(({ digest, reason }) => ({ statement: digest, reason })),
    };
    return { result };
  });
}

/** Which file or variable a dependency was found in, where the statement says so. */
function sourcesOf({
  buildDefinition,
}: VersionLineage["statements"][number]["provenance"]): ReadonlyMap<string, string> {
  return new Map(
    (buildDefinition.resolvedDependencies ?? []).flatMap(({ name, annotations }) => {
      const source = annotations?.["source"];
      return name !== undefined && typeof source === "string" ? [[name, source] as const] : [];
    }),
  );
}

async function impactOf(context: Context, options: ImpactOptions): Promise<Outcome<LineageImpactResult>> {
  const { dataset, base } = options;
  if ((dataset === undefined) === (base === undefined)) {
    throw new UsageError("expected one of --dataset and --base");
  }
  const trust = await openEvidenceTrust(context, options);
  const { findImpact, readLineageStatements } = await import("../../evidence/index.ts");
  const { taggedVersions } = await import("../../lifecycle/versions/version.ts");
  const { signal } = context;
  const registry = await connect(context, registryLocation(context), options);
  try {
    const versions: VersionLineage[] = [];
    const unverified: LineageImpactResult["unverified"] = [];
    for await (const name of registry.repositories({ signal })) {
      const repository = registry.repository(name);
      const tagged = await taggedVersions(repository, { signal });
      const read = await mapConcurrent(
        tagged,
        concurrency,
        async ({ version, digest }, stop) => {
          const named = { name, version: `v${version}`, digest };
          const descriptor = await repository.resolve(digest, { signal: stop });
          return { named, ...(await readLineageStatements(repository, descriptor, trust, { signal: stop })) };
        },
        signal,
      );
      for (const { named, statements, unverified: rejected } of read) {
        versions.push({ ...named, statements });
        for (const { digest, reason } of rejected) unverified.push({ ...named, statement: digest, reason });
      }
    }
    const affected = findImpact(versions, dataset === undefined ? { base: base ?? "" } : { dataset });
    const unknown = versions.filter(({ statements }) => statements.length === 0);
    const result: LineageImpactResult = {
      kind: "lineage-impact",
      schemaVersion: 1,
      registry: registry.location,
      query: { ...(dataset === undefined ? {} : { dataset }), ...(base === undefined ? {} : { base }) },
      affected: affected.map(({ path, ...rest }) => ({ ...rest, path: [...path] })),
      unknown: unknown.map(({ name, version, digest }) => ({ name, version, digest })),
      unverified,
      checked: versions.length,
    };
    return { result };
  } finally {
    await registry.close();
  }
}
