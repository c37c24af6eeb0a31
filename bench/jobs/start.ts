import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Bench } from "../bench.ts";
import { mregCommand, programPath } from "../clients.ts";
import { compare, type Entry } from "../compare.ts";
import { bareNode } from "../entries.ts";
import { timeOf } from "../goals.ts";
import type { Job } from "../job.ts";
import { type Command, measure } from "../measure.ts";

const commands = { "mreg --version": ["--version"], "mreg list": ["list"], "mreg status": ["status"] } as const;

export const start: Job = {
  name: "start",
  title: "Start-up",
  about:
    "Commands that move nothing, on a layout with one model and a policy. The limit is a Node that does nothing; oras is a Go program and starts without one.",
  goals: Object.keys(commands).map((name) => timeOf("node", 1.5, name)),
  isQuick: true,
  run: async (bench) => {
    const project = await newProject(bench);
    const own = Object.entries(commands).map(
      ([name, args]): Entry => ({
        name,
        role: "mreg",
        make: async () => ({ command: inside(project, args) }),
      }),
    );
    const oras: Entry = {
      name: "oras version",
      role: "peer",
      make: async () => ({ command: { file: programPath(bench, "oras"), args: ["version"] } }),
    };
    const outcomes = await compare(bench, [...own, oras, bareNode], { rounds: 20, warmUps: 2 });
    return { payloadBytes: 0, outcomes };
  },
};

function inside(project: string, args: readonly string[]): Command {
  return { ...mregCommand(args, { MREG_REGISTRY: `oci:${join(project, "store")}` }), cwd: project };
}

async function newProject(bench: Bench): Promise<string> {
  const project = join(bench.directory, "project");
  await mkdir(join(project, "model"), { recursive: true });
  await writeFile(join(project, "model", "config.json"), "{}\n");
  await measure(bench, inside(project, ["init"]));
  await measure(bench, inside(project, ["push", "risk", "model"]));
  return project;
}
