import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Command } from "commander";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { catalog } from "../../src/cli/catalog.ts";
import { examplesOf } from "../../src/cli/options/examples.ts";
import { projectAt, type Stage, succeed } from "../support/cli/project.ts";
import { Workspace } from "../support/cli/workspace.ts";
import { startRegistry } from "../support/registry/index.ts";
import { identityToken, type SigstoreInstance, startSigstore } from "../support/sigstore-instance.ts";
import { type ImportSources, prepareImport, startImportSources } from "../support/sources/places.ts";

/** How far the project must have come for a command's examples to make sense. */
const stageOf: Readonly<Record<string, Stage>> = {
  "key generate": "files",
  init: "keys",
  "key public": "keys",
  push: "initialised",
  sign: "pushed",
  attach: "pushed",
  "card init": "pushed",
  "card lint": "files",
  ...{ "import mlflow": "initialised", "import huggingface": "initialised", "import oras": "initialised" },
  ...{ "import kitops": "initialised", "import docker": "initialised", "import ollama": "initialised" },
  check: "evidenced",
  promote: "evidenced",
  approve: "ready",
  diff: "updated",
};

/** What the examples of `mreg policy` work on: a table of cases, and a policy that lets leads except gates. */
function writePolicies(project: Workspace): void {
  const policy = readFileSync(project.path("mreg.policy.yaml"), "utf8");
  const exceptions = "exceptions: {signedBy: [lead], gates: [eval.baseline, runbook], maxDuration: 30d}\n";
  writeFileSync(project.path("excepting.yaml"), policy + exceptions);
  const expected = "[signature MREG-E101, card MREG-E101, lineage MREG-E101, eval MREG-E101, scan MREG-E101]";
  const cases = `cases: [{name: nothing is there, version: 1, to: staging, requester: mike, expect: ${expected}}]\n`;
  writeFileSync(project.path("policy.test.yaml"), cases);
}

/** What brings version 2 into production beside version 1, by the shortest way there is. */
const succeeded = [
  "push risk model -a retrained=yes",
  "sign risk:v2",
  "approve risk:v2 --to production --kind break-glass --key lea.key",
  "promote risk:v2 --to production --break-glass --incident INC-1 --reason outage --expires 1h --key mike.key",
];
const retired = [
  "attach risk:v1 --type document --role migration-path migration.md",
  "approve risk:v1 --to retired --key olga.key",
  "retire risk:v1 --sunset 0s --key mike.key",
  "attach risk:v1 --type consumers consumers.json --key mike.key",
];
/** What has happened before a command's examples make sense, after all that the stage `serving` has seen. */
const before: Readonly<Record<string, readonly string[]>> = {
  ...{ hold: [], retire: succeeded, rollback: succeeded, archive: [...succeeded, ...retired] },
};

/** Projects that were taken there, by the lines that did it: examples start from copies. */
const prepared = new Map<readonly string[], Promise<Workspace>>();
const made: Workspace[] = [];

/** Makes Lea an owner under another name, and takes the model to where the command's examples begin. */
async function prepare(lines: readonly string[]): Promise<Workspace> {
  const project = await projectAt("serving");
  made.push(project);
  const policy = project.path("mreg.policy.yaml");
  const edited = readFileSync(policy, "utf8")
    .replace("owner: []", "owner: [lea]")
    .replace("version: 1\n", "version: 2\n");
  writeFileSync(policy, edited);
  writeFileSync(project.path("olga.key"), readFileSync(project.path("lea.key")));
  writeFileSync(project.path("migration.md"), "# From v1 to v2\n\nNothing but the name changes.\n");
  writeFileSync(project.path("consumers.json"), JSON.stringify({ observedAt: new Date(), consumers: [] }));
  for (const line of lines) succeed(line, await project.mreg(["--registry", "oci:./store", ...line.split(" ")]));
  return project;
}

/** A project of its own for one example of a command. */
async function projectFor(name: string): Promise<Workspace> {
  const lines = before[name];
  if (!lines) return projectAt(stageOf[name] ?? "serving");
  const template = prepared.get(lines) ?? prepare(lines);
  prepared.set(lines, template);
  return new Workspace({ template: (await template).directory });
}

/** Puts a sigstore instance where `mreg trust` would have put one, and Ann's token where a CI system would. */
function keepTrust(project: Workspace, sigstore: SigstoreInstance): Record<string, string> {
  const data = project.path(".home", ".local", "share");
  const trust = join(data, "mreg", "trust");
  mkdirSync(trust, { recursive: true });
  writeFileSync(join(trust, "trusted_root.json"), sigstore.trustedRoot);
  writeFileSync(join(trust, "signing_config.json"), sigstore.signingConfig);
  // And what the operator of an instance gives out.
  writeFileSync(project.path("trusted_root.json"), sigstore.trustedRoot);
  writeFileSync(project.path("signing_config.json"), sigstore.signingConfig);
  writeFileSync(project.path("root.json"), sigstore.tuf.root);
  return { SIGSTORE_ID_TOKEN: identityToken({ iss: "https://accounts.google.com", sub: "ann@example.com" }) };
}

/** Every command with examples, nested ones by their full name. */
async function documented(): Promise<readonly { readonly name: string; readonly lines: readonly string[] }[]> {
  const found: { name: string; lines: string[] }[] = [];
  for (const entry of catalog) {
    const program = new Command();
    (await entry.load()).command.define(program, async () => {});
    const visit = (command: Command, path: string) => {
      const lines = examplesOf(command).map(({ line }) => line);
      if (command.commands.length === 0) found.push({ name: path, lines });
      for (const child of command.commands) visit(child, `${path} ${child.name()}`.trim());
    };
    visit(program, "");
  }
  return found;
}

describe("examples on help pages", async () => {
  const commands = await documented();
  let registry: Awaited<ReturnType<typeof startRegistry>>;
  let sigstore: Awaited<ReturnType<typeof startSigstore>>;
  let sources: ImportSources;
  beforeAll(async () => {
    sources = await startImportSources();
    sigstore = await startSigstore();
    registry = await startRegistry({ auth: { kind: "basic", username: "alice", password: "secret" } });
  });
  afterAll(async () => {
    for (const project of made) project.remove();
    sources.close();
    await Promise.all([registry.close(), sigstore.close()]);
  });

  it("are there for every command, two at least", () => {
    expect(commands.length).toBeGreaterThanOrEqual(catalog.length);
    expect(commands.filter(({ lines }) => lines.length < 2).map(({ name }) => name)).toEqual([]);
  });

  it.each(commands.flatMap(({ name, lines }) => lines.map((line) => ({ name, line }))))(
    "$line",
    async ({ name, line }) => {
      const project = await projectFor(name);
      try {
        const env = keepTrust(project, sigstore);
        if (name.startsWith("policy ")) writePolicies(project);
        if (name.startsWith("import ")) Object.assign(env, await prepareImport(project, name, sources));
        if (line.startsWith("mreg trust update"))
          await project.line(`mreg trust init --mirror ${sigstore.url}/tuf --root root.json`, { env });
        if (line.includes("--identity ")) await project.mreg(["sign", "risk:v1", "--keyless"], { env });
        const addressed = line
          .replaceAll("127.0.0.1:5000", registry.host)
          .replaceAll("https://tuf.example.com", `${sigstore.url}/tuf`);
        const run = await project.line(addressed, { env });
        expect(run, `${run.stdout}\n${run.stderr}`).toMatchObject({ exitCode: 0 });
      } finally {
        project.remove();
      }
    },
  );
});
