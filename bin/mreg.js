#!/usr/bin/env node
// Plain JavaScript that any Node since 14 can run: it must get as far as saying which version is needed.
const wanted = "^22.22.2 || ^24.15.0 || >=26";
const [major, minor, patch] = process.versions.node.split(".").map(Number);
const atLeast = (m, p) => minor > m || (minor === m && patch >= p);
const supported = (major === 22 && atLeast(22, 2)) || (major === 24 && atLeast(15, 0)) || major >= 26;

if (supported) {
  const { env, getBuiltinModule, platform } = process;
  const load = getBuiltinModule("node:module").createRequire(import.meta.url);
  const { keepCompiledCode } = load("../dist/program/compile-cache.js");
  keepCompiledCode(getBuiltinModule("node:fs"), { env, platform, userId: process.geteuid?.() });
  await load("../dist/program/main.js").main(process.argv.slice(2));
} else {
  process.stderr.write(`mreg needs Node ${wanted}, this is ${process.versions.node}\n`);
  process.exitCode = 2;
}
