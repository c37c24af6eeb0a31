import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, readdir, readlink, rm, symlink, utimes } from "node:fs/promises";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, onTestFinished, test } from "vitest";
import { scratchDirectory } from "../../../test/support/scratch.ts";
import { lockDirectory } from "./directory-lock.ts";

const isLinux = process.platform === "linux";

/** A directory that another process has locked, with a lock that does not grow stale before the test ends. */
async function lockedByOther(): Promise<{ path: string; holder: ChildProcess }> {
  const path = join(await scratchDirectory(), "staging");
  const source = `import { lockDirectory } from ${JSON.stringify(import.meta.resolve("./directory-lock.ts"))};
    await lockDirectory(${JSON.stringify(path)}); console.log("held"); setInterval(() => {}, 1000);`;
  const holder = spawn(process.execPath, ["--input-type=module", "-e", source], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  onTestFinished(() => void holder.kill("SIGKILL"));
  await once(holder.stdout, "data");
  return { path, holder };
}

/** As if the lock had been renewed in an hour, so that waiting does not help. */
const keepFresh = (path: string) => utimes(join(path, "lock"), Date.now() / 1000 + 3600, Date.now() / 1000 + 3600);

async function kill(holder: ChildProcess): Promise<void> {
  holder.kill("SIGKILL");
  await once(holder, "exit");
}

test("lockDirectory: keeps out of a live process's directory; once that is killed, one goes in and then the next", async () => {
  const { path, holder } = await lockedByOther();
  const order: string[] = [];
  const wait = async (name: string) => {
    const lock = await lockDirectory(path);
    order.push(`${name} in`);
    await sleep(250);
    order.push(`${name} out`);
    await lock.release();
  };
  const both = Promise.all([wait("a"), wait("b")]);
  await sleep(500);
  expect(order).toEqual([]);
  await kill(holder);
  // Elsewhere they wait until the lock is stale.
  if (isLinux) await keepFresh(path);
  await both;
  const [first, second] = order[0] === "a in" ? ["a", "b"] : ["b", "a"];
  expect(order).toEqual([`${first} in`, `${first} out`, `${second} in`, `${second} out`]);
  expect(await readdir(dirname(path))).toEqual([]);
});

test.runIf(isLinux)("lockDirectory: of a holder it cannot judge it respects the lock", async () => {
  const { path, holder } = await lockedByOther();
  const owner = join(path, "lock.owner");
  const [realm, pid, start] = (await readlink(owner)).split(" ") as [string, string, string];
  await kill(holder);
  await keepFresh(path);
  const isTaken = async (target: string, signal?: AbortSignal) => {
    await rm(owner, { recursive: true });
    if (target === "directory") await mkdir(owner);
    else await symlink(target, owner);
    const lock = await lockDirectory(path, signal).catch((error: Error) => error.name);
    if (typeof lock === "string") return lock;
    // Not released: the next case wants a lock.
    return "taken";
  };
  const soon = () => AbortSignal.timeout(400);
  expect(await isTaken(`another-boot ${pid} ${start}`, soon())).toBe("TimeoutError");
  expect(await isTaken(`${realm} ../${pid} ${start}`, soon())).toBe("TimeoutError");
  expect(await isTaken(`${realm} ${pid}`, soon())).toBe("TimeoutError");
  expect(await isTaken("directory", soon())).toBe("TimeoutError");
  // The number is this process's now, which started at another time.
  expect(await isTaken(`${realm} ${process.pid} ${start}`)).toBe("taken");
});
