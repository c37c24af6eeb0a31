import type { TestProject } from "vitest/node";
import { type Program, programs, pythonPrograms } from "../programs.ts";
import { buildProgram, ModuleRefused } from "./build.ts";
import type { Peer } from "./peers.ts";
import { installPython, type PythonProgram } from "./python.ts";
import { run } from "./run.ts";

/** Programs that come with the system: `.ci/run` installs those that are Debian packages. */
const systemPrograms = ["docker-registry", "skopeo", "pip"] as const;

/** Registries whose container stands in where the program cannot be built and a Docker engine answers. */
const images: Readonly<Record<string, string>> = { zot: "ghcr.io/project-zot/zot-minimal-linux-amd64:v2.1.20" };

interface Finding {
  readonly peer: Peer;
  /** The program is missing, and MREG_REQUIRE_PEERS does not forgive that. */
  readonly failure?: string;
}

/**
 * Builds or finds every peer once, before the suites, and tells them what is there.
 *
 * What is missing is a skip with its reason. With MREG_REQUIRE_PEERS=1 it is a failure, but for a module that the
 * proxy refuses and that `programs.ts` says may be refused.
 */
export default async function setup(project: TestProject): Promise<void> {
  const findings = new Map<string, Finding>();
  const goIsThere = await answers("go", ["version"]);
  const find = async (program: Program): Promise<Finding> => {
    console.log(`peer ${program.name}: ${program.module} ${program.version}`);
    return goIsThere ? build(program) : absent(`${program.name}: Go is not on PATH`);
  };
  for (const program of programs) findings.set(program.name, await find(program));
  for (const program of pythonPrograms) findings.set(program.name, await install(program));
  for (const name of systemPrograms) {
    const there = await answers(name, ["--version"]);
    findings.set(name, there ? { peer: { path: name } } : absent(`${name}: not installed`));
  }
  const engineAnswers = await answers("docker", ["info"]);
  for (const [name, image] of Object.entries(images)) {
    if (engineAnswers && "missing" in (findings.get(name)?.peer ?? {})) findings.set(name, { peer: { image } });
  }
  for (const { name, standIn, version } of programs) {
    if (!standIn) continue;
    const wanted = `${name} ${version}`;
    const unneeded: Finding = { peer: { missing: `${standIn.name}: ${wanted} is here` } };
    const isMissing = "missing" in (findings.get(name)?.peer ?? {});
    findings.set(
      standIn.name,
      isMissing ? titled(await find(standIn), `${name} ${standIn.version}, for want of ${version}`) : unneeded,
    );
  }
  for (const [name, { peer }] of findings) console.log(`peer ${name}: ${describePeer(peer)}`);
  const failures = [...findings.values()].flatMap(({ failure }) => failure ?? []);
  if (process.env["MREG_REQUIRE_PEERS"] === "1" && failures.length > 0) {
    throw new Error(`MREG_REQUIRE_PEERS=1, and yet:\n${failures.join("\n")}`);
  }
  project.provide("peers", Object.fromEntries([...findings].map(([name, { peer }]) => [name, peer])));
}

async function build(program: Program): Promise<Finding> {
  try {
    return { peer: { path: await buildProgram(program) } };
  } catch (error) {
    const missing = `${program.name}: ${error instanceof Error ? error.message : String(error)}`;
    const forgiven = error instanceof ModuleRefused && program.mayBeRefused === true;
    return forgiven ? { peer: { missing } } : absent(missing);
  }
}

async function install(program: PythonProgram): Promise<Finding> {
  console.log(`peer ${program.name}: ${program.requirements.join(", ")}`);
  try {
    return { peer: { path: await installPython(program) } };
  } catch (error) {
    return absent(`${program.name}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** A stand-in says in all titles what it is, and what was not tested. */
function titled(finding: Finding, title: string): Finding {
  return "path" in finding.peer ? { peer: { ...finding.peer, title } } : finding;
}

function absent(missing: string): Finding {
  return { peer: { missing }, failure: missing };
}

function describePeer(peer: Peer): string {
  if ("path" in peer) return peer.path;
  return "image" in peer ? `container ${peer.image}` : `SKIPPED, ${peer.missing}`;
}

async function answers(file: string, args: readonly string[]): Promise<boolean> {
  return run(file, args).then(
    ({ code }) => code === 0,
    () => false,
  );
}
