import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** The real registries: two without the referrers API, the others with it. `zot-1.4` stands in for zot. */
export type RegistryName = "docker-registry" | "distribution" | "olareg" | "zot" | "zot-1.4";

export interface RunningRegistry {
  /** `127.0.0.1:<port>`; plain HTTP unless started with `tls`. */
  readonly host: string;
  /** Undefined for a container. */
  readonly pid?: number;
  stop(): Promise<void>;
}

export interface StartOptions {
  /** Where it keeps its content; by default a temporary directory that `stop` removes. */
  readonly storage?: string;
  /** A tag that exists cannot be moved by anybody; both zots only. */
  readonly immutableTags?: boolean;
  /** Serve HTTPS with these PEM files; the two distributions only. */
  readonly tls?: { readonly certificate: string; readonly key: string };
}

/**
 * Starts a registry program on a free port of the loopback interface and waits until it answers.
 *
 * @param program - path of the binary.
 * @throws Error with what the program printed, when it does not come up.
 */
export async function spawnRegistry(
  name: RegistryName,
  program: string,
  options: StartOptions = {},
): Promise<RunningRegistry> {
  const work = await mkdtemp(join(tmpdir(), `mreg-${name}-`));
  const storage = options.storage ?? join(work, "storage");
  await mkdir(storage, { recursive: true });
  const port = await freePort();
  const args = await commandLine[name]({ ...options, work, storage, port });
  const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"] });
  const output: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => output.push(chunk));
  const host = `127.0.0.1:${port}`;
  const stop = async () => {
    await end(child);
    await rm(work, { recursive: true, force: true });
  };
  try {
    await ready(host, child);
  } catch (error) {
    await stop();
    throw new Error(`${name} did not come up:\n${Buffer.concat(output).toString("utf8")}`, { cause: error });
  }
  return { host, stop, ...(child.pid === undefined ? {} : { pid: child.pid }) };
}

interface Place extends StartOptions {
  readonly work: string;
  readonly storage: string;
  readonly port: number;
}

const commandLine: Record<RegistryName, (place: Place) => Promise<string[]>> = {
  "docker-registry": distributionArgs,
  distribution: distributionArgs,
  olareg: async ({ storage, port }) =>
    [
      "serve",
      "--addr",
      "127.0.0.1",
      "--port",
      String(port),
      "--dir",
      storage,
      "--api-delete",
      "--api-blob-delete",
    ].concat(
      // No sweep while a suite holds digests that no tag names yet.
      ["--gc-frequency", "-1s"],
    ),
  // 2.1.17 and later cut every request after 60 s unless told otherwise.
  zot: (place) =>
    zotArgs(place, "1.1.1", {
      readTimeout: "0s",
      writeTimeout: "0s",
      ...(place.immutableTags ? { accessControl: { repositories: createOnly } } : {}),
    }),
  "zot-1.4": (place) => zotArgs(place, "1.0.1-dev", place.immutableTags ? { accessControl: createOnly } : {}),
};

/** Overwriting a tag is `update`, which nobody may. */
const createOnly = { "**": { anonymousPolicy: ["read", "create", "delete"] } };

async function zotArgs({ work, storage, port }: Place, distSpecVersion: string, http: object): Promise<string[]> {
  const config = {
    distSpecVersion,
    storage: { rootDirectory: storage, gc: false, dedupe: false },
    http: { address: "127.0.0.1", port: String(port), ...http },
    log: { level: "error" },
  };
  return ["serve", await writeConfig(work, "config.json", config)];
}

/** JSON is YAML, so one writer serves the YAML readers too. */
async function distributionArgs({ work, storage, port, tls }: Place): Promise<string[]> {
  const config = {
    version: 0.1,
    log: { level: "error" },
    storage: { filesystem: { rootdirectory: storage }, delete: { enabled: true } },
    http: { addr: `127.0.0.1:${port}`, ...(tls ? { tls } : {}) },
  };
  return ["serve", await writeConfig(work, "config.yml", config)];
}

async function writeConfig(work: string, name: string, config: object): Promise<string> {
  const path = join(work, name);
  await writeFile(path, JSON.stringify(config));
  return path;
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("no TCP port");
  return address.port;
}

async function ready(host: string, child: ChildProcess): Promise<void> {
  // 30 s: distribution needs a fraction of one; a loaded CI machine needs more.
  for (const deadline = Date.now() + 30_000; Date.now() < deadline; ) {
    if (child.exitCode !== null) throw new Error(`exited with ${child.exitCode}`);
    const response = await fetch(`http://${host}/v2/`).catch(() => undefined);
    await response?.body?.cancel();
    // 400: plain HTTP on a port that speaks TLS.
    if (response?.ok || response?.status === 400) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error("no answer on /v2/ within 30 s");
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const closed = once(child, "close");
  child.kill("SIGTERM");
  const patience = setTimeout(() => child.kill("SIGKILL"), 5_000);
  await closed;
  clearTimeout(patience);
}
