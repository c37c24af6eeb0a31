import type { Registry } from "../../oci/content.ts";
import type { CopyReport } from "../../oci/copy.ts";
import { parseReference, type Reference } from "../../oci/reference.ts";
import type { CommandModule, Context, Outcome } from "../context.ts";
import { UsageError } from "../errors.ts";
import {
  addSourceOptions,
  type Place,
  placeOf,
  registryFor,
  type SourceOptions,
  sourceOptions,
  withSharedStdin,
} from "../options/copy.ts";
import { addExamples } from "../options/examples.ts";
import { addPolicyOptions, type PolicyOptions } from "../options/policy.ts";
import { addRegistryOptions, connect, type RegistryOptions } from "../options/registry.ts";
import { type OpenedTarget, pin, withModel, withTarget } from "../options/target.ts";
import { parseCount } from "../options/values.ts";
import { renderCopy } from "../render/copy.ts";
import type { CpResult } from "../results/cp.ts";

interface CpOptions extends RegistryOptions, PolicyOptions, SourceOptions {
  readonly recursive?: boolean;
  readonly referrers?: boolean;
  readonly concurrency?: number;
}

export const command: CommandModule = {
  define(program, act) {
    const cp = program
      .command("cp <source> <destination>")
      .description("copy a version, or with -r a model with its whole history, to another registry or store")
      .option(
        "-r, --recursive",
        "all versions, states and attachments, and the chain; run again, it copies what is new",
      )
      .option("--referrers", "with one version: everything attached to it as well")
      .option("--concurrency <count>", "requests in flight; default 4", parseCount)
      .action((source: string, destination: string, options: CpOptions) =>
        act(renderCopy, (given) => {
          const context = withSharedStdin(given);
          const ends = { source: parseReference(source), destination: parseReference(destination) };
          return options.recursive
            ? copyModel(context, source, ends, options)
            : copyVersion(context, source, ends, options);
        }),
      );
    addSourceOptions(addPolicyOptions(addRegistryOptions(cp)));
    addExamples(cp, [
      { line: "mreg cp risk:v1 oci:./backup/risk", does: "one version, under the tag that it has" },
      { line: "mreg cp -r risk oci:./backup/risk", does: "the model with all that is known about it; verifies there" },
    ]);
  },
};

interface Ends {
  readonly source: Reference;
  readonly destination: Reference;
}

async function copyVersion(
  context: Context,
  source: string,
  ends: Ends,
  options: CpOptions,
): Promise<Outcome<CpResult>> {
  const place = placeOf(context, ends.destination);
  const { registry } = placeOf(context, ends.source);
  const tag = await tagFor(ends);
  const from = { ...sourceOptions(options, registry === place.registry), ...policyOf(options) };
  return withTarget(context, source, from, (opened) =>
    withPlace(context, place, options, async (target) => {
      checkDigest(ends.destination, opened);
      const { copy } = await import("../../oci/copy.ts");
      const repository = target.repository(place.repository);
      const report = await copy(opened.repository, repository, opened.descriptor, {
        ...copyOptions(context, ends, options),
        referrers: options.referrers === true,
        // A version gets its tags below, with the state where all versions start.
        ...(tag !== undefined && !tag.version ? { tag: tag.name } : {}),
      });
      const tags = tag ? [tag.name] : [];
      if (tag?.version) {
        const { registerVersion } = await import("../../lifecycle/index.ts");
        const { signal } = context;
        tags[0] = (await registerVersion(repository, opened.descriptor, { version: tag.version, signal })).tag;
      }
      const destination = pin(
        { ...ends.destination, registry: place.registry, repository: place.repository },
        opened.descriptor,
      );
      return { result: toResult({ source: opened.pinned, destination, tags }, report) };
    }),
  );
}

/** The tag to write: the one given, else the one the source has. */
async function tagFor({ source, destination }: Ends): Promise<{ name: string; version?: number } | undefined> {
  if (destination.alias)
    throw new UsageError(`the destination is @${destination.alias}; a state is reached by promotion, never by copying`);
  const name = destination.tag ?? source.tag;
  if (name === undefined) return undefined;
  const { parseLifecycleTag } = await import("../../lifecycle/versions/tags.ts");
  const parsed = parseLifecycleTag(name);
  if (parsed === undefined) return { name };
  if (parsed.kind === "version") return { name, version: parsed.version };
  throw new UsageError(
    `tag ${name} belongs to the history of a model; give the copy a version tag, or copy the history with -r`,
  );
}

function checkDigest({ digest }: Reference, { descriptor }: OpenedTarget): void {
  if (digest === undefined || digest === descriptor.digest) return;
  throw new UsageError(`the destination is ${digest}, but the source is ${descriptor.digest}`);
}

async function copyModel(context: Context, source: string, ends: Ends, options: CpOptions): Promise<Outcome<CpResult>> {
  for (const end of [ends.source, ends.destination]) {
    if (end.tag ?? end.digest ?? end.alias)
      throw new UsageError(`with -r both ends are models, expected a name without tag, digest or state`);
  }
  const [from, place] = [placeOf(context, ends.source), placeOf(context, ends.destination)];
  if (from.registry === place.registry && from.repository === place.repository)
    throw new UsageError(`source and destination are both ${place.registry}/${place.repository}`);
  return withModel(
    context,
    source,
    sourceOptions(options, from.registry === place.registry),
    async ({ repository }) => {
      const { carryModel, recordedModel } = await import("../../lifecycle/index.ts");
      const recorded = await recordedModel(repository, { signal: context.signal });
      const at = landing(place, recorded);
      return withPlace(context, at, options, async (target) => {
        const destination = target.repository(at.repository);
        const report = await carryModel(repository, destination, {
          ...copyOptions(context, ends, options),
          model: at.name,
        });
        const { written } = report.tags;
        const result = toResult(
          { source: repository.location, destination: destination.location, tags: written },
          report,
        );
        const { records, leftOut } = report;
        return {
          result: { ...result, history: { records, registry: at.readAs, name: at.name, leftOut: [...leftOut] } },
        };
      });
    },
  );
}

/** Where a model goes, and what its readers must call it. */
interface Landing extends Place {
  readonly name: string;
  readonly readAs: string;
}

/** Records name their model; under any other name they prove nothing, so that the copy would be of no use. */
function landing(place: Place, recorded: string | undefined): Landing {
  if (recorded === undefined) return { ...place, name: place.repository, readAs: place.registry };
  const readAs = registryFor(place, recorded);
  if (readAs === undefined) {
    throw new UsageError(
      `the records are about ${JSON.stringify(recorded)} and would not verify under another name, ` +
        `expected a destination that ends in /${recorded}`,
    );
  }
  // A layout is found by its directory, so that the name decides where the store begins; a host is one store.
  return place.registry.startsWith("oci:")
    ? { registry: readAs, repository: recorded, name: recorded, readAs }
    : { ...place, name: recorded, readAs };
}

function copyOptions(context: Context, ends: Ends, { concurrency }: CpOptions) {
  const [from, to] = [placeOf(context, ends.source), placeOf(context, ends.destination)];
  const isNextDoor = from.registry === to.registry && from.repository !== to.repository;
  const { onEvent, signal } = context;
  return { signal, onEvent, concurrency, ...(isNextDoor ? { mountFrom: from.repository } : {}) };
}

function policyOf({ policy }: PolicyOptions): PolicyOptions {
  return policy === undefined ? {} : { policy };
}

async function withPlace<T>(
  context: Context,
  { registry: location }: Place,
  options: RegistryOptions,
  work: (registry: Registry) => Promise<T>,
): Promise<T> {
  const registry = await connect(context, location, options);
  try {
    return await work(registry);
  } finally {
    await registry.close();
  }
}

function toResult(
  {
    source,
    destination,
    tags,
  }: { readonly source: string; readonly destination: string; readonly tags: readonly string[] },
  { manifests, blobs, bytes, skipped }: CopyReport,
): CpResult {
  return {
    ...{ kind: "cp", schemaVersion: 1, source, destination, bytes },
    manifests: { ...manifests },
    blobs: { ...blobs },
    tags: [...tags],
    skipped: skipped.map(({ descriptor, reason }) => ({ digest: descriptor.digest, reason })),
  };
}
