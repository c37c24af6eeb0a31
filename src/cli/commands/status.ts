import type { ModelStatus, Policy } from "../../lifecycle/index.ts";
import type { Repository } from "../../oci/content.ts";
import type { CommandModule, Context, Outcome } from "../context.ts";
import { addExamples } from "../options/examples.ts";
import { addPolicyOptions, openPolicy, type PolicyOptions } from "../options/policy.ts";
import { addRegistryOptions, connect, type RegistryOptions } from "../options/registry.ts";
import { registryLocation, withModel } from "../options/target.ts";
import type { Paint } from "../render/paint.ts";
import { safe, shortDigest, table } from "../render/text.ts";
import type { StatusResult } from "../results/status.ts";

type StatusOptions = RegistryOptions & PolicyOptions;

export const command: CommandModule = {
  define(program, act) {
    const status = program
      .command("status [name]")
      .description("what is in which state, since when, by whom, as the verified chain says; shows forged tags")
      .action((name: string | undefined, options: StatusOptions) =>
        act(render, (context) => status_(context, name, options)),
      );
    addPolicyOptions(addRegistryOptions(status));
    addExamples(status, [
      { line: "mreg status", does: "every model of the registry" },
      { line: "mreg status risk --format json", does: "one model, as JSON" },
    ]);
  },
};

async function status_(
  context: Context,
  name: string | undefined,
  options: StatusOptions,
): Promise<Outcome<StatusResult>> {
  const policy = await openPolicy(context, options);
  const statuses =
    name === undefined
      ? await readAll(context, policy, options)
      : [await withModel(context, name, options, ({ repository }) => readOne(context, repository, policy))];
  const result: StatusResult = {
    kind: "status",
    schemaVersion: 1,
    policy: { name: policy.name, version: policy.version, digest: policy.digest },
    weakened: [...policy.weakened],
    models: statuses.map(toView),
  };
  return { result };
}

async function readAll(context: Context, policy: Policy, options: StatusOptions): Promise<readonly ModelStatus[]> {
  const { readStatus } = await import("../../lifecycle/status.ts");
  const { signal } = context;
  const registry = await connect(context, registryLocation(context), options);
  try {
    const statuses: ModelStatus[] = [];
    for await (const name of registry.repositories({ signal })) {
      const status = await readStatus(registry.repository(name), policy, { signal });
      if (status.versions.length > 0) statuses.push(status);
    }
    return statuses.sort((one, other) => (one.model < other.model ? -1 : 1));
  } finally {
    await registry.close();
  }
}

async function readOne(context: Context, repository: Repository, policy: Policy): Promise<ModelStatus> {
  const { readStatus } = await import("../../lifecycle/status.ts");
  const status = await readStatus(repository, policy, { signal: context.signal });
  if (status.versions.length > 0) return status;
  const { StoreError } = await import("../../oci/errors.ts");
  throw new StoreError("NOT_FOUND", `${repository.location} has no versions`);
}

function toView({ anomalies, head, model, serving, versions }: ModelStatus): StatusResult["models"][number] {
  return {
    name: model,
    ...(serving ? { serving: `v${serving.version}` } : {}),
    versions: versions.map(({ version, ...rest }) => ({ version: `v${version}`, ...rest })),
    ...(head ? { head } : {}),
    anomalies: anomalies.map((anomaly) => ({ ...anomaly })),
  };
}

function render({ models, weakened }: StatusResult, paint: Paint): string {
  if (models.length === 0) return "no models";
  const rows = models.flatMap(({ name, versions }) =>
    versions.map(({ version, digest, state, since, by, isServing }) => [
      `${name}:${version}`,
      state,
      isServing ? "serving" : "",
      since ?? "-",
      by ?? "-",
      shortDigest(digest),
    ]),
  );
  return [
    ...weakened.map((weakness) => `! this policy is weakened: ${safe(weakness)}`),
    table([["VERSION", "STATE", "", "SINCE", "BY", "DIGEST"], ...rows]),
    ...models.flatMap(({ anomalies, name }) => anomalies.map((anomaly) => renderAnomaly(name, anomaly, paint))),
  ].join("\n");
}

type Anomaly = StatusResult["models"][number]["anomalies"][number];

function renderAnomaly(name: string, { kind, tag, digest, expected }: Anomaly, paint: Paint): string {
  const says: Readonly<Record<Anomaly["kind"], string>> = {
    forged: `no record says so; it names ${digest}`,
    moved: `it names ${digest}, the chain says ${expected}`,
    missing: `the chain says ${expected}; the next promotion writes it again`,
  };
  return `${paint.bad(kind)}  ${safe(`${name}:${tag}`)}  ${safe(says[kind])}`;
}
