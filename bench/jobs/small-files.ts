import { randomBytes } from "node:crypto";
import { mkdir, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { runOk } from "../../test/peers/support/run.ts";
import type { Bench } from "../bench.ts";
import type { Client, Remote } from "../clients.ts";
import { programPath } from "../clients.ts";
import { type Comparison, compare, type Entry } from "../compare.ts";
import { checkPulled, checkTree, clientsNamed, plant, receiver, remoteOn, roleOf, sender } from "../entries.ts";
import { timeOf } from "../goals.ts";
import type { Job } from "../job.ts";
import { type Command, measure } from "../measure.ts";
import { describeModel, digestsOf, type ModelData, makeUnknown } from "../model-data.ts";
import { type Server, startServer } from "../server.ts";

const about =
  "10,000 files of 4 KiB in 100 directories, none of them weights (those mreg never gathers in an archive), as one directory. oras makes a gzipped archive of it. The limit moves the same files as one tar archive that is there already, and neither packs nor unpacks.";

export const pushSmall: Job = {
  name: "push-small-files",
  title: "Push 10,000 files of 4 KiB",
  about,
  goals: [timeOf("oras", 0.333)],
  isQuick: true,
  run: (bench) => race(bench, pushing),
};

export const pullSmall: Job = {
  name: "pull-small-files",
  title: "Pull 10,000 files of 4 KiB",
  about: `${about} Each client pulls what it pushed.`,
  goals: [timeOf("oras", 0.333)],
  run: (bench) => race(bench, pulling),
};

interface SmallFiles {
  readonly tree: ModelData;
  /** The same as one archive. */
  readonly tar: ModelData;
}

type Entries = (bench: Bench, server: Server, files: SmallFiles) => Promise<readonly Entry[]>;

async function race(bench: Bench, entries: Entries): Promise<Comparison> {
  const files = await smallFiles(bench);
  const server = await startServer(bench);
  try {
    const outcomes = await compare(bench, await entries(bench, server, files), { rounds: 5, server });
    return { payloadBytes: files.tree.bytes, registry: server.name, outcomes };
  } finally {
    await server.stop();
  }
}

const pushing: Entries = async (bench, server, { tar, tree }) => {
  const entries = clientsNamed(["mreg", "oras"]).map(
    (client): Entry => ({
      name: client.name,
      role: roleOf(client.name),
      make: async (host) => ({
        command: await pushDirectory(bench, client, remoteOn(server, host, client.name), tree),
        prepare: async () => {
          await server.wipe();
          await makeUnknown(tree);
        },
        check: async () => {
          const output = join(bench.directory, `small-${client.name}`);
          await newDirectory(output);
          await measure(bench, await client.pull(bench, remoteOn(server, server.host, client.name), output));
          await checkPulled(bench, output, tree);
        },
      }),
    }),
  );
  return [...entries, sender(bench, server, tar)];
};

const pulling: Entries = async (bench, server, { tar, tree }) => {
  const clients = clientsNamed(["mreg", "oras"]);
  await plant(bench, server, tar, "crane");
  const entries = clients.map((client): Entry => {
    const output = join(bench.directory, `small-${client.name}`);
    const planted = () => pushDirectory(bench, client, remoteOn(server, server.host, client.name), tree);
    return {
      name: client.name,
      role: roleOf(client.name),
      make: async (host) => {
        await measure(bench, await planted());
        return {
          command: await client.pull(bench, remoteOn(server, host, client.name), output),
          prepare: () => newDirectory(output),
          check: () => checkTree(bench, output, tree),
        };
      },
    };
  });
  return [...entries, receiver(bench, server, tar, { from: "crane" })];
};

let replaced = 0;

/**
 * Puts what is there aside, until the end, instead of removing it: ext4 looks at every inode that was freed in the last
 * minute before it gives one, so that ten thousand files that were just removed make ten thousand new ones take seconds
 * (`recently_deleted` in a profile), for one program or the other, as the directories happen to lie.
 */
async function newDirectory(path: string): Promise<void> {
  await rename(path, `${path}-${replaced++}`).catch(() => {});
  await mkdir(path, { recursive: true });
}

/** oras is given the directory, which it packs; by the files it would push each as a layer of its own. */
async function pushDirectory(bench: Bench, client: Client, remote: Remote, tree: ModelData): Promise<Command> {
  if (client.name !== "oras") return client.push(bench, remote, tree);
  const args = ["push", "--no-tty", "--plain-http", `${remote.host}/${remote.repository}:${remote.tag}`, "."];
  return { file: programPath(bench, "oras"), args, cwd: tree.directory };
}

let made: Promise<SmallFiles> | undefined;

function smallFiles(bench: Bench): Promise<SmallFiles> {
  made ??= make(bench);
  return made;
}

async function make(bench: Bench): Promise<SmallFiles> {
  const directory = join(bench.directory, "small-files");
  const folders = bench.quick ? 20 : 100;
  bench.log(`writing ${folders * 100} files of 4 KiB`);
  for (let folder = 0; folder < folders; folder++) {
    const path = join(directory, `part-${String(folder).padStart(3, "0")}`);
    await mkdir(path, { recursive: true });
    for (let file = 0; file < 100; file++)
      await writeFile(join(path, `${String(file).padStart(3, "0")}.txt`), randomBytes(4096));
  }
  const archive = join(bench.directory, "small-files-tar");
  await mkdir(archive);
  await runOk("tar", ["-cf", join(archive, "files.tar"), "-C", directory, "."]);
  const digests = [...(await digestsOf(bench, directory))];
  const files = digests.map(([path, digest]) => ({ name: path.slice(directory.length + 1), bytes: 4096, digest }));
  return { tree: { directory, files, bytes: files.length * 4096 }, tar: await describeModel(bench, archive) };
}
