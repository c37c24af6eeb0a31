import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { Extractor, ExtractorConfig, ExtractorLogLevel } from "@microsoft/api-extractor";

/**
 * Writes the public API of every entry point of the `exports` map to `etc/<entry>.api.md`; with `--check`, fails when
 * one differs from what is committed, so that no export changes without a reviewer seeing it.
 */
const root = resolve(import.meta.dirname, "..");
const check = process.argv.includes("--check");

/**
 * Declarations of their own: in those of a build the words of an enum stand in the order in which files were checked.
 */
const declarations = resolve(root, "temp/types");

function declare(): void {
  const tsc = resolve(root, "node_modules/typescript/bin/tsc");
  const options = ["--emitDeclarationOnly", "--stableTypeOrdering", "--outDir", declarations];
  execFileSync(process.execPath, [tsc, "-p", resolve(root, "tsconfig.build.json"), ...options], { stdio: "inherit" });
}

interface Entry {
  readonly name: string;
  readonly types: string;
}

function entryPoints(): Entry[] {
  const { exports } = JSON.parse(readFileSync(resolve(root, "package.json"), "utf8")) as {
    exports: Record<string, string | { types: string }>;
  };
  return Object.entries(exports).flatMap(([path, target]) =>
    typeof target === "string"
      ? []
      : [{ name: path === "." ? "mreg" : path.slice(2), types: target.types.replace("./dist/", "./") }],
  );
}

function report({ name, types }: Entry): boolean {
  const config = ExtractorConfig.prepare({
    configObject: {
      projectFolder: root,
      mainEntryPointFilePath: resolve(declarations, types),
      compiler: { tsconfigFilePath: resolve(root, "tsconfig.build.json") },
      apiReport: {
        enabled: true,
        reportFileName: `${name}.api.md`,
        reportFolder: resolve(root, "etc"),
        reportTempFolder: resolve(root, "temp"),
      },
      docModel: { enabled: false },
      dtsRollup: { enabled: false },
      tsdocMetadata: { enabled: false },
      messages: {
        // The report is what is wanted here; types have been checked by tsc, and doc comments are read by people.
        compilerMessageReporting: { default: { logLevel: ExtractorLogLevel.None } },
        extractorMessageReporting: { default: { logLevel: ExtractorLogLevel.None } },
        tsdocMessageReporting: { default: { logLevel: ExtractorLogLevel.None } },
      },
    },
    configObjectFullPath: resolve(root, "api-extractor.json"),
    packageJsonFullPath: resolve(root, "package.json"),
  });
  const result = Extractor.invoke(config, {
    localBuild: !check,
    messageCallback: (message) => {
      message.handled = true;
    },
  });
  const verdict = !result.apiReportChanged ? "unchanged" : check ? "DIFFERS from etc/; run npm run api" : "written";
  console.log(`${name}: ${verdict}`);
  return check && result.apiReportChanged;
}

mkdirSync(resolve(root, "etc"), { recursive: true });
declare();
const [built, missing] = [true, false].map((wanted) =>
  entryPoints().filter(({ types }) => existsSync(resolve(declarations, types)) === wanted),
) as [Entry[], Entry[]];
for (const { name, types } of missing) console.error(`${name}: ${types} does not come from a source`);
const differs = built.map(report).includes(true);
process.exitCode = differs || missing.length > 0 ? 1 : 0;
