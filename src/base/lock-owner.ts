import { lstat, readFile, readlink, rm, symlink } from "node:fs/promises";
import { join } from "node:path";

/** The kernel's directory of processes; elsewhere than on Linux nothing is there, and no owner is known to be dead. */
const processes = "/proc";

/** As written into a link's target: where process numbers mean the same, and which process it is. */
interface Owner {
  /** This boot of this kernel, the namespace of process numbers, and the user, who may see no others' processes. */
  readonly realm: string;
  readonly pid: string;
  /** When the process started; numbers are given again. */
  readonly start: string;
}

/** Notes beside a lock that this process holds it. Where that cannot be done, others wait until the lock is stale. */
export async function writeOwner(path: string): Promise<void> {
  await rm(path, { recursive: true, force: true }).catch(() => {});
  const owner = await thisProcess();
  // A link is written and read in one step, and nothing that lies in its place can make a reader wait.
  if (owner) await symlink([owner.realm, owner.pid, owner.start].join(" "), path).catch(() => {});
}

/** Tells whether the process that noted itself is known to be dead; false in doubt, as for one on another machine. */
export async function isOwnerDead(path: string): Promise<boolean> {
  const target = await readlink(path).catch(() => "");
  if (target === "") return false;
  const [realm, pid, start, ...rest] = target.split(" ");
  const here = await thisProcess();
  if (!here || realm !== here.realm || !pid || !start || !/^\d+$/.test(pid) || rest.length > 0) return false;
  return (await startOf(pid)) !== start;
}

async function thisProcess(): Promise<Owner | undefined> {
  try {
    const self = join(processes, "self");
    const boot = await readFile(join(processes, "sys/kernel/random/boot_id"), "latin1");
    const namespace = await readlink(join(self, "ns/pid"));
    const { uid } = await lstat(self);
    const pid = await readlink(self);
    const start = await startOf(pid);
    return start === undefined ? undefined : { realm: `${boot.trim()}/${namespace}/${uid}`, pid, start };
  } catch {
    return undefined;
  }
}

/** Clock ticks from boot to the start of a process, the 22nd field of proc(5); undefined when there is none. */
async function startOf(pid: string): Promise<string | undefined> {
  const stat = await readFile(join(processes, pid, "stat"), "latin1").catch((error: NodeJS.ErrnoException) => {
    // It may also end while it is read.
    if (error.code === "ENOENT" || error.code === "ESRCH") return undefined;
    throw error;
  });
  // The second field is a name in parentheses, with whatever is in it.
  const fields = stat?.slice(stat.lastIndexOf(")") + 2).split(" ");
  return fields?.[19];
}
