import { writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { Bench } from "./bench.ts";
import type { Command } from "./measure.ts";
import { layoutOf, type ModelData } from "./model-data.ts";

/** Where something is pushed to or pulled from. */
export interface Remote {
  readonly host: string;
  readonly repository: string;
  readonly tag: string;
  readonly caFile?: string;
}

/** A program that moves models, with the flags that suit it best. */
export interface Client {
  readonly name: ClientName;
  push(bench: Bench, remote: Remote, model: ModelData): Promise<Command>;
  pull(bench: Bench, remote: Remote, output: string): Promise<Command>;
}

export type ClientName = "mreg" | "oras" | "crane" | "regctl" | "modctl" | "kit";

const bin = resolve(import.meta.dirname, "..", "bin", "mreg.js");
const reference = ({ host, repository, tag }: Remote) => `${host}/${repository}:${tag}`;

/** The built mreg under this Node. */
export function mregCommand(args: readonly string[], env: Readonly<Record<string, string>> = {}): Command {
  return { file: process.execPath, args: [bin, ...args], env };
}

/** Flags that mreg needs to reach a remote. */
export function mregFlags({ caFile }: Remote): string[] {
  return caFile ? ["--no-plain-http", "--ca-file", caFile] : [];
}

const mreg: Client = {
  name: "mreg",
  push: async (_, remote, { directory }) => mregCommand(["push", reference(remote), directory, ...mregFlags(remote)]),
  pull: async (_, remote, output) => mregCommand(["pull", reference(remote), "--output", output, ...mregFlags(remote)]),
};

const oras: Client = {
  name: "oras",
  push: async (bench, remote, { directory, files }) => ({
    file: programPath(bench, "oras"),
    args: ["push", "--no-tty", ...orasFlags(remote), reference(remote), ...files.map(({ name }) => name)],
    cwd: directory,
  }),
  pull: async (bench, remote, output) => ({
    file: programPath(bench, "oras"),
    args: ["pull", "--no-tty", ...orasFlags(remote), "--output", output, reference(remote)],
  }),
};

function orasFlags({ caFile }: Remote): string[] {
  return caFile ? ["--ca-file", caFile] : ["--plain-http"];
}

/** Pushes a layout, whose digests are known: it does not hash. Pulls into one. */
const crane: Client = {
  name: "crane",
  push: async (bench, remote, model) => ({
    file: programPath(bench, "crane"),
    args: ["push", "--insecure", await layoutOf(bench, model), reference(remote)],
  }),
  pull: async (bench, remote, output) => ({
    file: programPath(bench, "crane"),
    args: ["pull", "--insecure", "--format", "oci", reference(remote), output],
  }),
};

const regctl: Client = {
  name: "regctl",
  push: async (bench, remote, { directory, files }) => {
    const type = ["--artifact-type", "application/vnd.bench.v1"];
    const named = files.flatMap(({ name }) => ["--file", name, "--file-media-type", "application/octet-stream"]);
    return {
      file: programPath(bench, "regctl"),
      args: [...regctlHost(remote), "artifact", "put", ...type, "--file-title", ...named, reference(remote)],
      cwd: directory,
    };
  },
  pull: async (bench, remote, output) => ({
    file: programPath(bench, "regctl"),
    args: [...regctlHost(remote), "artifact", "get", "--output", output, reference(remote)],
  }),
};

function regctlHost({ host, caFile }: Remote): string[] {
  return ["--host", `reg=${host},tls=${caFile ? "insecure" : "disabled"}`];
}

/** Builds straight into the registry and extracts straight from it, so that it stores nothing twice. */
const modctl: Client = {
  name: "modctl",
  push: async (bench, remote, { directory }) => {
    const modelfile = join(bench.directory, "Modelfile");
    await writeFile(modelfile, "NAME bench\nMODEL *.safetensors\nCONFIG config.json\n");
    const how = ["--output-remote", ...modctlFlags(bench, remote)];
    return {
      file: programPath(bench, "modctl"),
      args: ["build", ...how, "--modelfile", modelfile, "--target", reference(remote), directory],
    };
  },
  pull: async (bench, remote, output) => ({
    file: programPath(bench, "modctl"),
    args: ["pull", "--extract-from-remote", "--extract-dir", output, ...modctlFlags(bench, remote), reference(remote)],
  }),
};

function modctlFlags({ home }: Bench, { caFile }: Remote): string[] {
  const own = ["--storage-dir", join(home, "modctl"), "--log-dir", join(home, "modctl-logs"), "--no-progress"];
  return [...own, caFile ? "--insecure" : "--plain-http"];
}

const kit: Client = {
  name: "kit",
  // Packing stores the files a second time before they are pushed: both steps are its way to a registry.
  push: async (bench, remote, { directory }) => {
    const kitfile = join(bench.directory, "Kitfile");
    await writeFile(kitfile, "manifestVersion: 1.0.0\npackage:\n  name: bench\nmodel:\n  name: bench\n  path: .\n");
    const [path, name] = [programPath(bench, "kit"), reference(remote)];
    const way = remote.caFile ? "--tls-verify=false" : "--plain-http";
    const script = `"$0" pack "$1" --file "$2" --tag "$3" && "$0" push ${way} "$3"`;
    return { file: "sh", args: ["-c", script, path, directory, kitfile, name] };
  },
  pull: async (bench, remote, output) => {
    const way = remote.caFile ? "--tls-verify=false" : "--plain-http";
    return { file: programPath(bench, "kit"), args: ["unpack", way, "--dir", output, reference(remote)] };
  },
};

/** All of them, mreg first. */
export const clients: readonly Client[] = [mreg, oras, crane, regctl, modctl, kit];

/** The path of a program. @throws Error with the reason when it is not here. */
export function programPath({ programs }: Bench, name: string): string {
  const found = programs[name];
  if (found === undefined || "missing" in found) throw new Error(found?.missing ?? `${name} is not known`);
  return found.path;
}
