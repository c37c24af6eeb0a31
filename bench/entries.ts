import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { runOk } from "../test/peers/support/run.ts";
import { type Bench, warmMemory } from "./bench.ts";
import { type Client, type ClientName, clients, type Remote } from "./clients.ts";
import type { Entry, Role } from "./compare.ts";
import { measure } from "./measure.ts";
import { digestsOf, type ModelData, makeUnknown } from "./model-data.ts";
import type { Server } from "./server.ts";

/** The clients of these names, in the order of RESULTS.md. */
export function clientsNamed(names: readonly ClientName[]): Client[] {
  return clients.filter(({ name }) => names.includes(name));
}

/** Where a client's model is on a server; every client has a repository of its own. */
export function remoteOn({ caFile }: Server, host: string, name: string): Remote {
  return { host, repository: `bench/${name}`, tag: "v1", ...(caFile ? { caFile } : {}) };
}

/** Whose time the others' is compared with. */
export function roleOf(name: ClientName): Role {
  return name === "mreg" ? "mreg" : "peer";
}

/** mreg and oras run in every round; for the others three are enough to be placed. */
function laneOf({ name }: Client): Pick<Entry, "name" | "role" | "rounds"> {
  return { name, role: roleOf(name), ...(name === "mreg" || name === "oras" ? {} : { rounds: 3 }) };
}

/** Each client pushes the model to an empty registry, its files unknown to every cache. */
export function firstPushes(bench: Bench, server: Server, model: ModelData, names: readonly ClientName[]): Entry[] {
  return clientsNamed(names).map((client) => ({
    ...laneOf(client),
    make: async (host) => ({
      command: await client.push(bench, remoteOn(server, host, client.name), model),
      prepare: () => forgetAll(bench, server, model),
      // kit packs the weights into an archive: what is served is not the file.
      check: () =>
        client.name === "kit"
          ? checkByPulling(bench, server, client, model)
          : checkServed(bench, server, client.name, model),
    }),
  }));
}

/** Empties the registry and every cache, and lets the memory be touched that the run will need. */
async function forgetAll(bench: Bench, server: Server, model: ModelData): Promise<void> {
  await server.wipe();
  await rm(join(bench.home, "modctl"), { recursive: true, force: true });
  await rm(join(bench.home, ".kitops"), { recursive: true, force: true });
  await makeUnknown(model);
  await warmMemory(bench, model.bytes * 1.2);
}

/** Fails unless the registry serves every file of the model, byte for byte. */
export async function checkServed(bench: Bench, server: Server, name: string, model: ModelData): Promise<void> {
  const digests = model.files.map(({ digest }) => digest);
  await runOk(bench.yardstick, ["serves", ...authority(server), repositoryUrl(server, server.host, name), ...digests]);
}

/** Fails unless what the client pulls again is the model. */
export async function checkByPulling(bench: Bench, server: Server, client: Client, model: ModelData): Promise<void> {
  const output = join(bench.directory, `check-${client.name}`);
  await emptyDirectory(output);
  await measure(bench, await client.pull(bench, remoteOn(server, server.host, client.name), output));
  await checkPulled(bench, output, model);
}

/** Each client pulls the same artifact, which must be on the server as `bench/<from>:v1`, into a new directory. */
export function pulls(
  bench: Bench,
  server: Server,
  model: ModelData,
  options: { readonly names: readonly ClientName[]; readonly from: string },
): Entry[] {
  return clientsNamed(options.names).map((client) => {
    const output = join(bench.directory, `pulled-${client.name}`);
    return {
      ...laneOf(client),
      make: async (host) => ({
        command: await client.pull(bench, remoteOn(server, host, options.from), output),
        prepare: async () => {
          await emptyDirectory(output);
          await warmMemory(bench, model.bytes * 1.2);
        },
        check: () => checkPulled(bench, output, model),
      }),
    };
  });
}

/** Fails unless every file of the model is below the directory; removes the directory. */
export async function checkPulled(bench: Bench, output: string, model: ModelData): Promise<void> {
  await checkTree(bench, output, model);
  await rm(output, { recursive: true, force: true });
}

/** Fails unless every file of the model is below the directory. */
export async function checkTree(bench: Bench, output: string, { files }: ModelData): Promise<void> {
  const there = new Set((await digestsOf(bench, output)).values());
  const lost = files.filter(({ digest }) => !there.has(digest));
  if (lost.length > 0)
    throw new Error(`${lost.length} of ${files.length} files did not arrive, such as ${lost[0]?.name}`);
}

/** Pushes the model off the clock, so that there is something to pull. */
export async function plant(bench: Bench, server: Server, model: ModelData, name: ClientName = "mreg"): Promise<void> {
  const [client] = clientsNamed([name]);
  if (!client) throw new Error(`no client ${name}`);
  await measure(bench, await client.push(bench, remoteOn(server, server.host, name), model));
}

/** Sends the files as the blobs they are, without hashing: the registry's own floor for a push. */
export function sender(bench: Bench, server: Server, model: ModelData): Entry {
  return {
    name: "sender",
    role: "limit",
    make: async (host) => ({
      command: {
        file: bench.yardstick,
        args: ["send", ...authority(server), repositoryUrl(server, host, "sender"), ...pairs(model)],
      },
      prepare: () => forgetAll(bench, server, model),
      check: () => checkServed(bench, server, "sender", model),
    }),
  };
}

function pairs({ directory, files }: ModelData): string[] {
  return files.map(({ name, digest }) => `${digest}=${join(directory, name)}`);
}

export interface ReceiverOptions {
  /** Repository that holds the blobs. */
  readonly from: string;
  /** Ranges per blob, each over a connection of its own; 1 by default. */
  readonly connections?: number;
}

/** Receives the blobs into files without hashing: the floor for a pull. */
export function receiver(bench: Bench, server: Server, model: ModelData, options: ReceiverOptions): Entry {
  const { from, connections = 1 } = options;
  const name = connections === 1 ? "receiver" : `receiver, ${connections} ranges`;
  const output = join(bench.directory, `pulled-receiver-${connections}`);
  return {
    name,
    role: "limit",
    make: async (host) => ({
      command: {
        file: bench.yardstick,
        args: ["receive", ...authority(server), "-connections", String(connections)].concat(
          model.files.map(
            ({ name: file, digest }) => `${join(output, file)}=${repositoryUrl(server, host, from)}/blobs/${digest}`,
          ),
        ),
      },
      prepare: async () => {
        await emptyDirectory(output);
        await warmMemory(bench, model.bytes * 1.2);
      },
      check: () => checkPulled(bench, output, model),
    }),
  };
}

/** Hashes the files, as many at a time as there are processors: what no one who verifies can leave out. */
export function hasher(bench: Bench, { directory, files }: ModelData): Entry {
  const args = ["hash", ...files.map(({ name }) => join(directory, name))];
  return {
    name: "hasher",
    role: "limit",
    isOffline: true,
    make: async () => ({ command: { file: bench.yardstick, args } }),
  };
}

/** A Node that does nothing: no program in it starts faster. */
export const bareNode: Entry = {
  name: "node",
  role: "limit",
  isOffline: true,
  make: async () => ({ command: { file: process.execPath, args: ["--eval", "0"] } }),
};

function authority({ caFile }: Server): string[] {
  return caFile ? ["-ca", caFile] : [];
}

function repositoryUrl({ caFile }: Server, host: string, name: string): string {
  return `${caFile ? "https" : "http"}://${host}/v2/bench/${name}`;
}

export async function emptyDirectory(path: string): Promise<void> {
  await rm(path, { recursive: true, force: true });
  await mkdir(path, { recursive: true });
}
