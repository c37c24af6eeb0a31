/**
 * The house rules of imports. `floors` is the one array they come from: a file imports its own floor or a lower one,
 * type-only imports included.
 */
const floors = [
  "base",
  "oci",
  "transfer",
  "contract",
  "stores",
  "model",
  "trust",
  "evidence",
  "lifecycle",
  "bridges",
  "cli",
];

/** Tests stand beside their source and may import anything. */
const tests = "\\.test\\.ts$";

const floorRules = floors.slice(0, -1).map((floor, level) => ({
  name: `floor-${floor}`,
  comment: `${floor}/ imports its own floor or a lower one`,
  severity: "error",
  from: { path: `^src/${floor}/`, pathNot: tests },
  to: { path: `^src/(?:${floors.slice(level + 1).join("|")})/` },
}));

/** Only `owner` imports what `path` matches; everything else goes through it. */
const home = (name, owner, path) => ({
  name: `home-${name}`,
  comment: `only ${owner} imports ${name}`,
  severity: "error",
  from: { path: "^src/", pathNot: [`^${owner}/`, tests] },
  to: { path },
});

const siblings = (folder) => ({
  name: `siblings-${folder}`,
  comment: `the rooms of ${folder}/ do not know one another`,
  severity: "error",
  from: { path: `^src/${folder}/([^/]+)/`, pathNot: tests },
  to: { path: `^src/${folder}/[^/]+/`, pathNot: `^src/${folder}/$1/` },
});

module.exports = {
  forbidden: [
    ...floorRules,
    siblings("stores"),
    siblings("bridges"),
    home("http", "src/stores/remote", "(?:^|/)node_modules/undici/|^(?:node:)?(?:http|https|http2|net|tls|undici)$"),
    home("sigstore", "src/trust/sigstore", "(?:^|/)node_modules/(?:@sigstore/|sigstore/)"),
    home("terminal", "src/cli", "(?:^|/)node_modules/(?:commander|ora)/|^(?:node:)?(?:process|readline|tty)$"),
    {
      name: "stores-by-interface",
      comment: "above the stores, only the CLI and the entry points name a store; the rest sees oci/content.ts",
      severity: "error",
      from: { path: "^src/(?:model|trust|evidence|lifecycle|bridges)/", pathNot: tests },
      to: { path: "^src/stores/" },
    },
    {
      name: "contract-for-tests",
      comment: "the contract is for tests, ours and other people's; nothing that runs imports it",
      severity: "error",
      from: { path: "^src/", pathNot: ["^src/contract/", tests] },
      to: { path: "^src/contract/" },
    },
    {
      name: "entry-points-on-top",
      comment: "the files directly in src/ wire the floors together; only the CLI, on top, may import them",
      severity: "error",
      from: { path: "^src/.+/", pathNot: ["^src/cli/", tests] },
      to: { path: "^src/[^/]+\\.ts$" },
    },
    {
      name: "product-without-equipment",
      comment: "what ships imports nothing of test/, bench/, scripts/ and no development dependency",
      severity: "error",
      from: { path: "^src/", pathNot: tests },
      to: { path: "^(?:test|bench|scripts|examples|dist)/|\\.test\\.ts$" },
    },
    {
      name: "shipped-dependencies",
      severity: "error",
      // The contract runs inside its user's vitest, an optional peer.
      from: { path: "^src/", pathNot: [tests, "^src/contract/"] },
      // The types of a runtime package may come from a development one; nothing of them remains in the output.
      to: { dependencyTypes: ["npm-dev"], dependencyTypesNot: ["type-only"], pathNot: "node_modules/@types/" },
    },
    {
      name: "no-cycles",
      comment: "a type that two files of one room need of each other is no cycle at run time",
      severity: "error",
      from: { path: "^src/" },
      to: { circular: true, viaOnly: { dependencyTypesNot: ["type-only"] } },
    },
    { name: "resolvable", severity: "error", from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    doNotFollow: { path: "node_modules" },
    enhancedResolveOptions: { exportsFields: ["exports"], conditionNames: ["import", "node", "default", "types"] },
  },
};
