import { lstatSync, mkdirSync } from "node:fs";
import { expect, test } from "vitest";
import { keepCompiledCode } from "./compile-cache.ts";

const directory = { isDirectory: () => true, uid: 1000, mode: 0o40700 };

/** What is asked of the file system, and whether a cache is kept, where the directory is what `found` says. */
function attempt(found: Partial<typeof directory>, env: NodeJS.ProcessEnv = { HOME: "/home/alice" }) {
  const made: string[] = [];
  const files = {
    mkdirSync: ((path: string) => void made.push(path)) as typeof mkdirSync,
    lstatSync: (() => ({ ...directory, ...found })) as unknown as typeof lstatSync,
  };
  return { made, kept: keepCompiledCode(files, { env, platform: "linux", userId: 1000 }) };
}

for (const [what, found] of [
  ["belongs to another user, as under sudo", { uid: 0 }],
  ["can be written by the group", { mode: 0o40770 }],
  ["can be written by everybody", { mode: 0o40707 }],
  ["is a link or a file", { isDirectory: () => false }],
] as const) {
  test(`compiled code is not kept in a directory that ${what}`, () => {
    const { kept, made } = attempt(found);
    expect(kept).toBeUndefined();
    expect(made).toEqual(["/home/alice/.cache/mreg/compile-cache"]);
  });
}

for (const [what, env] of [
  ["without a home", {}],
  ["below a relative XDG_CACHE_HOME", { XDG_CACHE_HOME: "cache", HOME: "/home/alice" }],
  ["under NODE_DISABLE_COMPILE_CACHE", { HOME: "/home/alice", NODE_DISABLE_COMPILE_CACHE: "1" }],
  ["of mreg's own where NODE_COMPILE_CACHE names another", { HOME: "/home/alice", NODE_COMPILE_CACHE: "/else" }],
] as const) {
  test(`no directory is made for compiled code ${what}`, () => {
    expect(attempt({}, env)).toEqual({ made: [], kept: undefined });
  });
}

test("where the directory cannot be made, nothing is kept and nothing fails", () => {
  const env = { HOME: "/dev/null" };
  expect(keepCompiledCode({ lstatSync, mkdirSync }, { env, platform: "linux", userId: 1000 })).toBeUndefined();
});
