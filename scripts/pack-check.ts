import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

/**
 * Installs what `npm pack` makes into an empty project and uses it as a stranger would: the command, an import of
 * every entry of the `exports` map, and a compilation against its types.
 */
const root = resolve(import.meta.dirname, "..");
const work = mkdtempSync(join(tmpdir(), "mreg-pack-"));
const npmEnvironment = { ...process.env, npm_config_cache: process.env["npm_config_cache"] };

function npm(cwd: string, ...args: string[]): string {
  // npm_config_* of the npm that runs this script, such as its own prefix, would lead the inner npm astray.
  const env = Object.fromEntries(Object.entries(npmEnvironment).filter(([key]) => !/^npm_(?!config_cache)/.test(key)));
  return execFileSync("npm", args, { cwd, env, encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] });
}

function entryPoints(): { readonly modules: string[]; readonly version: string } {
  const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
    name: string;
    version: string;
    exports: Record<string, string | object>;
  };
  const modules = Object.entries(manifest.exports)
    .filter(([, target]) => typeof target === "object")
    .map(([path]) => manifest.name + path.slice(1));
  return { modules, version: manifest.version };
}

function writeProject(directory: string, modules: readonly string[]): void {
  mkdirSync(directory);
  const json = (name: string, value: unknown) => writeFileSync(join(directory, name), JSON.stringify(value));
  json("package.json", { name: "stranger", private: true, type: "module" });
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

try {
  const { modules, version } = entryPoints();
  const [packed] = JSON.parse(npm(root, "pack", "--json", "--pack-destination", work)) as [
    { filename: string; size: number; files: { path: string }[] },
  ];
  console.log(`${packed.filename}: ${packed.size} bytes, ${packed.files.length} files`);
  const strays = packed.files.filter(({ path }) => /(^|\/)(test|bench|src)\/|\.test\./.test(path));
  if (strays.length > 0) throw new Error(`should not ship: ${strays.map(({ path }) => path).join(", ")}`);
  const project = join(work, "project");
  writeProject(project, modules);
  const own = (name: string) => {
    const { version: pinned } = JSON.parse(readFileSync(join(root, "node_modules", name, "package.json"), "utf8")) as {
      version: string;
    };
    return `${name}@${pinned}`;
  };
  npm(
    project,
    "install",
    "--no-audit",
    "--no-fund",
    own("node"),
    own("typescript"),
    own("@types/node"),
    join(work, packed.filename),
  );
  const printed = npm(project, "exec", "--", "mreg", "--version").trim();
  if (printed !== version) throw new Error(`npx mreg --version printed ${printed}, expected ${version}`);
  npm(project, "exec", "--", "node", "main.mjs");
  npm(project, "exec", "--", "tsc");
  console.log(`mreg ${printed} runs; ${modules.length} entry points import and type-check`);
} finally {
  rmSync(work, { recursive: true, force: true });
}
