import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

/**
 * Looks at what `npm pack` makes with publint and attw, installs it into an empty project and uses it as a stranger
 * would: the command, an import of every entry of the `exports` map, and a compilation against its types.
 */
const root = resolve(import.meta.dirname, "..");
const work = mkdtempSync(join(tmpdir(), "mreg-pack-"));

/** Needs vitest, an optional peer, so that a project of its own uses it. */
const contractEntry = "./contract";

function npm(cwd: string, ...args: string[]): string {
  // What the npm that runs this script has set, such as its prefix, would lead the inner one astray.
  const own = ([key]: [string, unknown]) => !key.startsWith("npm_") || key === "npm_config_cache";
  const env = Object.fromEntries(Object.entries(process.env).filter(own));
  return execFileSync("npm", args, { cwd, env, encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] });
}

/** Runs a tool of this project's own node_modules; its output is for people. */
function tool(name: string, ...args: string[]): void {
  execFileSync(join(root, "node_modules/.bin", name), args, { cwd: root, stdio: "inherit" });
}

/** A package at the version this project uses it. */
function pinned(name: string): string {
  const text = readFileSync(join(root, "node_modules", name, "package.json"), "utf8");
  return `${name}@${(JSON.parse(text) as { version: string }).version}`;
}

function entryPoints(): { readonly modules: string[]; readonly version: string } {
  const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
    name: string;
    version: string;
    exports: Record<string, string | object>;
  };
  const modules = Object.entries(manifest.exports)
    .filter(([path, target]) => typeof target === "object" && path !== contractEntry)
    .map(([path]) => manifest.name + path.slice(1));
  return { modules, version: manifest.version };
}

function writeProject(directory: string, modules: readonly string[]): void {
  mkdirSync(directory);
  const json = (name: string, value: unknown) => writeFileSync(join(directory, name), JSON.stringify(value));
  // The runtime's package unpacks its binary by an install script, which newer npm versions run only when told to.
  json("package.json", { name: "stranger", private: true, type: "module", allowScripts: { node: true } });
  const namespaces = modules.map((name, at) => ({ name, variable: `entry${at}` }));
  const imports = namespaces.map(({ name, variable }) => `import * as ${variable} from ${JSON.stringify(name)};`);
  const uses = namespaces.map(({ variable }) => `  Object.keys(${variable}).length,`);
  const source = `${imports.join("\n")}\nexport const counts: number[] = [\n${uses.join("\n")}\n];\n`;
  writeFileSync(join(directory, "main.ts"), source);
  writeFileSync(
    join(directory, "main.mjs"),
    `const empty = [];\nfor (const name of ${JSON.stringify(modules)}) {\n` +
      `  if (Object.keys(await import(name)).length === 0) empty.push(name);\n}\n` +
      `if (empty.length > 0) throw new Error("nothing exported by " + empty.join(", "));\n`,
  );
  json("tsconfig.json", {
    compilerOptions: {
      strict: true,
      module: "nodenext",
      target: "es2023",
      noEmit: true,
      // Our own declarations must hold by themselves, without skipLibCheck.
      skipLibCheck: false,
      types: ["node"],
      // Nothing but what this project installs: no types leak in from above.
      typeRoots: ["./node_modules/@types"],
    },
    files: ["main.ts"],
  });
}

/** A project of somebody who writes a store: the contract, run by their vitest against a store. */
function writeTesterProject(directory: string): void {
  mkdirSync(directory);
  const allowScripts = { node: true };
  writeFileSync(
    join(directory, "package.json"),
    JSON.stringify({ name: "tester", private: true, type: "module", allowScripts }),
  );
  const source = `import { targetContract } from "mreg/contract";
import { MemoryRegistry } from "mreg/memory";
targetContract({
  name: "theirs",
  atomicOnce: true,
  open: async () => ({ registry: new MemoryRegistry(), close: async () => {} }),
});
`;
  writeFileSync(join(directory, "contract.test.js"), source);
}

try {
  const { modules, version } = entryPoints();
  const [packed] = JSON.parse(npm(root, "pack", "--json", "--pack-destination", work)) as [
    { filename: string; size: number; files: { path: string }[] },
  ];
  console.log(`${packed.filename}: ${packed.size} bytes, ${packed.files.length} files`);
  const strays = packed.files.filter(({ path }) => /(^|\/)(test|bench|src)\/|\.test\./.test(path));
  if (strays.length > 0) throw new Error(`should not ship: ${strays.map(({ path }) => path).join(", ")}`);
  const tarball = join(work, packed.filename);
  tool("publint", "run", tarball, "--strict");
  tool("attw", tarball, "--profile", "esm-only", "--format", "ascii", "--no-emoji", "--no-color");
  const project = join(work, "project");
  writeProject(project, modules);
  npm(project, "install", "--no-audit", "--no-fund", ...["node", "typescript", "@types/node"].map(pinned), tarball);
  const printed = npm(project, "exec", "--", "mreg", "--version").trim();
  if (printed !== version) throw new Error(`npx mreg --version printed ${printed}, expected ${version}`);
  npm(project, "exec", "--", "node", "main.mjs");
  npm(project, "exec", "--", "tsc");
  console.log(`mreg ${printed} runs; ${modules.length} entry points import and type-check`);
  const tester = join(work, "tester");
  writeTesterProject(tester);
  npm(tester, "install", "--no-audit", "--no-fund", ...["node", "vitest"].map(pinned), tarball);
  const [ran] = /Tests .*/.exec(npm(tester, "exec", "--", "vitest", "run", "--no-color")) ?? ["no tests"];
  if (!/\d{2,} passed/.test(ran) || ran.includes("failed")) throw new Error(`the contract in another project: ${ran}`);
  console.log(`mreg/contract: ${ran.trim()}`);
} finally {
  rmSync(work, { recursive: true, force: true });
}
