import type { ModelStatus, Policy } from "../../lifecycle/index.ts";
import type { Repository } from "../../oci/content.ts";
import type { CommandModule, Context, Outcome } from "../context.ts";
import { addExamples } from "../options/examples.ts";
import { addHeadOptions, type HeadOptions, readHistory } from "../options/heads.ts";
import { addPolicyOptions, openPolicy, type PolicyOptions } from "../options/policy.ts";
import { addRegistryOptions, connect, type RegistryOptions } from "../options/registry.ts";
import { registryLocation, withModel } from "../options/target.ts";
import { parseMoment } from "../options/values.ts";
import type { Paint } from "../render/paint.ts";
import { viewRecordTime } from "../render/record-time.ts";
import { safe, shortDigest, table } from "../render/text.ts";
import type { StatusResult } from "../results/status.ts";

interface StatusOptions extends RegistryOptions, PolicyOptions, HeadOptions {
  readonly at?: Date;
}

export const command: CommandModule = {
  define(program, act) {
    const status = program
      .command("status [name]")
      .description("what is in which state, since when, by whom, as the verified chain says; shows forged tags")
      .option(
        "--at <date>",
        "as it was then, such as 2026-03-01 (the end of that day, UTC) or an RFC 3339 time",
        parseMoment,
      )
      .action((name: string | undefined, options: StatusOptions) =>
        act(render, (context) => status_(context, name, options)),
      );
    addHeadOptions(addPolicyOptions(addRegistryOptions(status)));
    addExamples(status, [
      { line: "mreg status", does: "every model of the registry" },
      { line: "mreg status risk --format json", does: "one model, as JSON" },
      { line: "mreg status risk --at 2030-03-01", does: "what served on that day, by the records of then" },
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
      : [await withModel(context, name, options, ({ repository }) => readOne(context, repository, policy, options))];
  const result: StatusResult = {
    kind: "status",
    schemaVersion: 1,
    policy: { name: policy.name, version: policy.version, digest: policy.digest },
    weakened: [...policy.weakened],
    ...(options.at ? { at: options.at.toISOString() } : {}),
    models: statuses.map(toView),
  };
  return { result };
}

async function readAll(context: Context, policy: Policy, options: StatusOptions): Promise<readonly ModelStatus[]> {
  const { signal } = context;
  const registry = await connect(context, registryLocation(context), options);
  try {
    const statuses: ModelStatus[] = [];
    for await (const name of registry.repositories({ signal })) {
      const status = await read(context, registry.repository(name), policy, options);
      if (status.versions.length > 0) statuses.push(status);
    }
    return statuses.sort((one, other) => (one.model < other.model ? -1 : 1));
  } finally {
    await registry.close();
  }
}

async function readOne(
  context: Context,
  repository: Repository,
  policy: Policy,
  options: StatusOptions,
): Promise<ModelStatus> {
  const status = await read(context, repository, policy, options);
  if (status.versions.length > 0 || options.at) return status;
  const { StoreError } = await import("../../oci/errors.ts");
  throw new StoreError("NOT_FOUND", `${repository.location} has no versions`);
}

/** Of a past moment only what records say: which tags were there then, nobody wrote down. */
async function read(
  context: Context,
  repository: Repository,
  policy: Policy,
  options: StatusOptions,
): Promise<ModelStatus> {
  const { statusOf, statusOfChain } = await import("../../lifecycle/state/status.ts");
  const { chainAt } = await import("../../lifecycle/state/history.ts");
  const chain = await readHistory(context, repository, policy, options);
  if (options.at) return statusOfChain(chainAt(chain, options.at));
  return statusOf(repository, chain, { signal: context.signal });
}

function toView({
  anomalies,
  head,
  model,
  omissions,
  openBreakGlass,
  serving,
  slots,
  versions,
}: ModelStatus): StatusResult["models"][number] {
  return {
    name: model,
    ...(serving ? { serving: `v${serving.version}` } : {}),
    ...(slots.length > 0 ? { slots: slots.map(({ version, ...rest }) => ({ version: `v${version}`, ...rest })) } : {}),
    ...(openBreakGlass.length > 0
      ? { openBreakGlass: openBreakGlass.map(({ version, ...rest }) => ({ version: `v${version}`, ...rest })) }
      : {}),
    versions: versions.map(({ version, time, ...rest }) => ({
      version: `v${version}`,
      ...rest,
      ...(time ? { time: viewRecordTime(time) } : {}),
    })),
    ...(head ? { head } : {}),
    omissions: omissions.map(({ sequence, version, kind, omits }) => ({
      ...{ record: sequence, version: `v${version}`, transition: kind, omits: [...omits] },
    })),
    anomalies: anomalies.map((anomaly) => ({ ...anomaly })),
  };
}

function render({ at, models, weakened }: StatusResult, paint: Paint): string {
  if (models.length === 0) return "no models";
  const rows = models.flatMap(({ name, slots, versions }) =>
    versions.map(({ version, digest, heldSince, isServing, state, since, time, by }) => [
      `${name}:${version}`,
      state,
      [
        ...servingWords(version, isServing, slots),
        ...(heldSince === undefined ? [] : ["held"]),
        ...(time === undefined || time.status === "claimed" ? [] : [`time ${time.status}`]),
      ].join(", "),
      since ?? "-",
      by ?? "-",
      shortDigest(digest),
    ]),
  );
  return [
    ...(at === undefined ? [] : [`as it was at ${at}`]),
    ...weakened.map((weakness) => `! this policy is weakened: ${safe(weakness)}`),
    table([["VERSION", "STATE", "", "SINCE", "BY", "DIGEST"], ...rows]),
    ...models.flatMap(({ name, openBreakGlass = [] }) =>
      openBreakGlass.map(
        ({ expiresAt, followUpBy, incident, version }) =>
          `${paint.bad("break-glass")}  ${safe(`${name}:${version}`)}  ${safe(incident)}: until ${expiresAt}, to be followed up by ${followUpBy}`,
      ),
    ),
    ...models.flatMap(({ name, omissions }) =>
      omissions.map(
        ({ omits, record, transition, version }) =>
          `${paint.bad("unproven")}  ${safe(`${name}:${version}`)}  record ${record} (${safe(transition)}) ${omits.join(", ")}; mreg why ${safe(`${name}:${version}`)} judges it`,
      ),
    ),
    ...models.flatMap(({ anomalies, name }) => anomalies.map((anomaly) => renderAnomaly(name, anomaly, paint))),
  ].join("\n");
}

/** `serving` is the main slot; others are named. */
function servingWords(
  version: string,
  isServing: boolean,
  slots: StatusResult["models"][number]["slots"] = [],
): readonly string[] {
  const others = slots.filter((one) => one.version === version);
  const names = others.map(({ slot, weight }) => `serving in ${slot}${weight === undefined ? "" : ` at ${weight} %`}`);
  return [...(isServing ? ["serving"] : []), ...names];
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
