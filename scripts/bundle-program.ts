import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { type OutputChunk, type Plugin, rolldown } from "rolldown";

/**
 * Gathers the built command line and the packages that it needs into few files, dist/program/, which bin/mreg.js loads:
 * Node takes longer to find three hundred modules than most commands work (docs/decisions/016). The library is shipped
 * as tsc makes it.
 *
 * The files are CommonJS: an import statement makes Node fill in every export of its own modules, also those that are
 * made on first use, such as WebCrypto and the streams of `process` (docs/decisions/028).
 *
 * Files lie flat, two levels below package.json, since threads and that are found by paths relative to the code.
 */
const dist = resolve(process.argv[2] ?? join(import.meta.dirname, "../dist"));
const output = join(dist, "program");

/** Loaded by few commands, with data files beside their code. */
const external = [/^@sigstore\//, /^@bufbuild\//];

/** What nearly every command needs is one file instead of forty. The rest is split by what loads it. */
const groups = [
  // All that `--version` needs.
  { name: "version", test: /\/dist\/cli\/version\.js$/, priority: 1 },
  { name: "base", test: /\/dist\/(?:base|oci)\//, minShareCount: 2 },
  {
    name: "cli",
    test: /\/dist\/cli\/(?:[a-z-]+|(?:options|render)\/(?:[a-z-]+))\.js$|\/commander\//,
    minShareCount: 8,
  },
];

/**
 * Modules of Node that take long to load and that many commands never call, although a file that they share imports
 * them. Not `worker_threads`: what a thread reads from it must be there before its first message.
 */
const lateModules =
  /^node:(?:child_process|crypto|dns|fs\/promises|net|os|readline\/promises|stream\/promises|timers\/promises|tls|v8|zlib)$/;

/** Asks Node for a module once: to ask at each use takes 10 ms of a push that hashes ten thousand files. */
const lateFunction =
  "const late = (id) => { let it; return new Proxy({}, { get: (_, name) => (it ??= require(id))[name] }); };";

/** Loads each of them at the first use of one of its exports. */
const late: Plugin = {
  name: "late-modules",
  renderChunk(code) {
    let names = 0;
    const changed = code.replace(
      /^let (\w+) = require\("(node:[a-z0-9_/]+)"\);$/gm,
      (line, name: string, id: string) => {
        if (!lateModules.test(id)) return line;
        // Of a default import, rolldown copies the named exports, too, and a module that is not there yet has none.
        if (
          new RegExp(`^${name} = .*__toESM\\(${name}`, "m").test(code) &&
          new RegExp(`\\b${name}\\.(?!default\\b)`).test(code)
        )
          throw new Error(`${id} is imported by name and as a whole in one file; import it by name`);
        names++;
        return `let ${name} = late("${id}");`;
      },
    );
    return names === 0 ? null : `${lateFunction}\n${changed}`;
  },
};

const bundle = await rolldown({
  input: {
    "compile-cache": join(dist, "cli/compile-cache.js"),
    main: join(dist, "cli/main.js"),
    "hash-worker": join(dist, "transfer/hash-worker.js"),
    "follower-worker": join(dist, "transfer/follower-worker.js"),
  },
  platform: "node",
  external,
  plugins: [late],
  onLog(level, log, report) {
    // A module that some load at once and others later is in the first one's file: as it would be without a bundle.
    if (log.code !== "INEFFECTIVE_DYNAMIC_IMPORT") report(level, log);
  },
});
const names = { entryFileNames: "[name].js", chunkFileNames: "[name].js" };
const { output: files } = await bundle.write({ dir: output, format: "cjs", ...names, codeSplitting: { groups } });
await bundle.close();

// The package's own files are ES modules.
writeFileSync(join(output, "package.json"), `${JSON.stringify({ type: "commonjs" })}\n`);
const chunks = files.filter((file): file is OutputChunk => file.type === "chunk");
writeFileSync(join(output, "LICENSES.txt"), licences(chunks));
const written = new Set([...files.map(({ fileName }) => fileName), "LICENSES.txt", "package.json"]);
for (const name of readdirSync(output)) if (!written.has(name)) rmSync(join(output, name), { recursive: true });

/** The texts that the packages want to be carried along with their code. */
function licences(from: readonly OutputChunk[]): string {
  const modules = from.flatMap(({ moduleIds }) => moduleIds);
  const packages = new Set(modules.flatMap((id) => /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+/.exec(id) ?? []));
  return [...packages].sort().map(licence).join("\n");
}

function licence(directory: string): string {
  const { name, version } = JSON.parse(readFileSync(join(directory, "package.json"), "utf8")) as Record<string, string>;
  const file = readdirSync(directory).find((each) => /^licen[cs]e/i.test(each));
  if (!file || !existsSync(join(directory, file)))
    throw new Error(`${name} ${version} has no licence text to carry along`);
  return `${name} ${version}\n\n${readFileSync(join(directory, file), "utf8").trim()}\n`;
}
