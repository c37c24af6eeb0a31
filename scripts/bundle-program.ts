import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { type OutputChunk, rolldown } from "rolldown";

/**
 * Gathers the built command line and the packages that it needs into few files, dist/program/, which bin/mreg.js loads:
 * Node takes longer to find three hundred modules than most commands work (docs/decisions/016). The library is shipped
 * as tsc makes it.
 *
 * Files lie flat, two levels below package.json, since threads and that are found by paths relative to the code.
 */
const dist = resolve(process.argv[2] ?? join(import.meta.dirname, "../dist"));
const output = join(dist, "program");

/** Loaded by few commands, with data files beside their code. */
const external = [/^@sigstore\//, /^@bufbuild\//];

/** What nearly every command needs is one file instead of forty. The rest is split by what loads it. */
const groups = [
  { name: "base", test: /\/dist\/(?:base|oci)\//, minShareCount: 2 },
  {
    name: "cli",
    test: /\/dist\/cli\/(?:[a-z-]+|(?:options|render)\/(?:[a-z-]+))\.js$|\/commander\//,
    minShareCount: 8,
  },
];

const bundle = await rolldown({
  input: {
    main: join(dist, "cli/main.js"),
    "hash-worker": join(dist, "transfer/hash-worker.js"),
    "follower-worker": join(dist, "transfer/follower-worker.js"),
  },
  platform: "node",
  external,
  onLog(level, log, report) {
    // A module that some load at once and others later is in the first one's file: as it would be without a bundle.
    if (log.code !== "INEFFECTIVE_DYNAMIC_IMPORT") report(level, log);
  },
});
const names = { entryFileNames: "[name].js", chunkFileNames: "[name].js" };
const { output: files } = await bundle.write({ dir: output, format: "esm", ...names, codeSplitting: { groups } });
await bundle.close();

const chunks = files.filter((file): file is OutputChunk => file.type === "chunk");
writeFileSync(join(output, "LICENSES.txt"), licences(chunks));
const written = new Set([...files.map(({ fileName }) => fileName), "LICENSES.txt"]);
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
