import type { Repository } from "../../oci/content.ts";
import type { CommandModule, Context, Outcome } from "../context.ts";
import { addExamples } from "../options/examples.ts";
import { addRegistryOptions, connect, type RegistryOptions } from "../options/registry.ts";
import { registryLocation, withModel } from "../options/target.ts";
import { safe, table } from "../render/text.ts";
import type { ListResult } from "../results/list.ts";

export const command: CommandModule = {
  define(program, act) {
    const list = program
      .command("list [name]")
      .description("models of the registry, or the versions of one; states are in `mreg status`")
      .action((name: string | undefined, options: RegistryOptions) =>
        act(render, (context) => (name === undefined ? listAll(context, options) : listOne(context, name, options))),
      );
    addRegistryOptions(list);
    addExamples(list, [
      { line: "mreg list", does: "all models and how many versions they have" },
      { line: "mreg list risk --format json", does: "the versions of one model, as JSON" },
    ]);
  },
};

async function listAll(context: Context, options: RegistryOptions): Promise<Outcome<ListResult>> {
  const { signal } = context;
  const registry = await connect(context, registryLocation(context), options);
  try {
    const models: ListResult["models"] = [];
    for await (const name of registry.repositories({ signal })) {
      const versions = await readVersions(registry.repository(name), signal);
      if (versions.length > 0) models.push({ name, versions });
    }
    models.sort((a, b) => (a.name < b.name ? -1 : 1));
    return { result: { kind: "list", schemaVersion: 1, registry: registry.location, models } };
  } finally {
    await registry.close();
  }
}

async function listOne(context: Context, name: string, options: RegistryOptions): Promise<Outcome<ListResult>> {
  return withModel(context, name, options, async ({ registry, repository }) => {
    const versions = await readVersions(repository, context.signal);
    if (versions.length === 0) {
      const { StoreError } = await import("../../oci/errors.ts");
      throw new StoreError("NOT_FOUND", `${repository.location} has no versions`);
    }
    const models = [{ name: repository.name, versions }];
    return { result: { kind: "list", schemaVersion: 1, registry: registry.location, models } };
  });
}

async function readVersions(
  repository: Repository,
  signal: AbortSignal,
): Promise<ListResult["models"][number]["versions"]> {
  const { taggedVersions } = await import("../../lifecycle/versions/version.ts");
  const versions = await taggedVersions(repository, { signal });
  return versions.map(({ version, digest }) => ({ version: `v${version}`, digest }));
}

function render({ registry, models }: ListResult): string {
  if (models.length === 0) return `no models in ${safe(registry)}`;
  if (models.length === 1 && models[0]) {
    const [{ name, versions }] = [models[0]];
    return table(versions.map(({ version, digest }) => [`${name}:${version}`, digest]));
  }
  return table([
    ["MODEL", "VERSIONS", "LATEST"],
    ...models.map(({ name, versions }) => [name, String(versions.length), versions.at(-1)?.version ?? ""]),
  ]);
}
