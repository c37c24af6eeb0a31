import { randomBytes } from "node:crypto";
import type { Registry } from "../../oci/content.ts";
import type { Finding, ProbeContent } from "../../oci/probe.ts";
import { absoluteLocation } from "../config.ts";
import type { CommandModule, Context, Outcome } from "../context.ts";
import { exitCodes } from "../exit-code.ts";
import { addExamples } from "../options/examples.ts";
import { addRegistryOptions, connect, type RegistryOptions } from "../options/registry.ts";
import { registryLocation } from "../options/target.ts";
import { renderDoctor } from "../render/doctor.ts";
import { meaningOf, worksWhole } from "../render/doctor-meaning.ts";
import type { DoctorResult } from "../results/doctor.ts";
import { checkStore, renderStore } from "./doctor-store.ts";

interface DoctorOptions extends RegistryOptions {
  readonly probeRepository?: string;
  readonly store?: boolean;
}

export const command: CommandModule = {
  define(program, act) {
    const doctor = program
      .command("doctor [registry]")
      .description("try out what a registry can do, and say what follows for mreg; cleans up after itself")
      .option("--probe-repository <name>", "throw-away repository to write to; default: mreg-doctor/<random>")
      .option("--store", "instead: read everything that is there and verify every byte; writes nothing")
      .action((registry: string | undefined, options: DoctorOptions) =>
        options.store
          ? act(renderStore, (context) => checkStore(context, locationOf(context, registry), options))
          : act(renderDoctor, (context) => doctor_(context, registry, options)),
      );
    addRegistryOptions(doctor);
    addExamples(doctor, [
      { line: "mreg doctor", does: "the registry that bare names go to" },
      { line: "mreg doctor oci:./store --format json", does: "the embedded store, as JSON" },
      { line: "mreg doctor --store oci:./store", does: "find what is missing or damaged in the embedded store" },
    ]);
  },
};

function locationOf(context: Context, given: string | undefined): string {
  return given === undefined ? registryLocation(context) : absoluteLocation(given, context.cwd);
}

async function doctor_(
  context: Context,
  given: string | undefined,
  options: DoctorOptions,
): Promise<Outcome<DoctorResult>> {
  const location = locationOf(context, given);
  const repository = options.probeRepository ?? `mreg-doctor/${randomBytes(4).toString("hex")}`;
  const registry = await connect(context, location, options);
  try {
    const more = await wireQuestions(context, registry, repository);
    context.note(`writing to ${registry.location}/${repository} and ${repository}-mount, and removing it again`);
    const { probeStore } = await import("../../oci/probe.ts");
    const { findings, left } = await probeStore(registry, { repository, signal: context.signal, ...more });
    const works = worksWhole(findings);
    const result: DoctorResult = {
      ...{ kind: "doctor", schemaVersion: 1, registry: registry.location, repository, works },
      findings: findings.map((finding) => ({ ...finding, meaning: meaningOf(finding) })),
      left: [...left, `the empty repositories ${repository} and ${repository}-mount`],
    };
    return { result, exitCode: works ? exitCodes.done : exitCodes.usage };
  } finally {
    await registry.close();
  }
}

/** A registry is also asked over HTTP; first of all whether it is there, so that a wrong address is an error. */
async function wireQuestions(
  { signal }: Context,
  registry: Registry,
  repository: string,
): Promise<{ readonly more?: (content: ProbeContent) => Promise<readonly Finding[]> }> {
  const { RemoteRegistry } = await import("../../stores/remote/index.ts");
  if (!(registry instanceof RemoteRegistry)) return {};
  await registry.ping({ signal });
  return { more: (content) => registry.probe(repository, content, { signal }) };
}
