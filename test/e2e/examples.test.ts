import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Command } from "commander";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { catalog } from "../../src/cli/catalog.ts";
import { examplesOf } from "../../src/cli/options/examples.ts";
import { projectAt, type Stage } from "../support/cli/project.ts";
import type { Workspace } from "../support/cli/workspace.ts";
import { startRegistry } from "../support/registry/index.ts";
import { identityToken, type SigstoreInstance, startSigstore } from "../support/sigstore-instance.ts";

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
  check: "evidenced",
  promote: "evidenced",
  approve: "ready",
  diff: "updated",
};

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
  beforeAll(async () => {
    sigstore = await startSigstore();
    registry = await startRegistry({ auth: { kind: "basic", username: "alice", password: "secret" } });
  });
  afterAll(() => Promise.all([registry.close(), sigstore.close()]));

  it("are there for every command, two at least", () => {
    expect(commands.length).toBeGreaterThanOrEqual(catalog.length);
    expect(commands.filter(({ lines }) => lines.length < 2).map(({ name }) => name)).toEqual([]);
  });

  it.each(commands.flatMap(({ name, lines }) => lines.map((line) => ({ name, line }))))(
    "$line",
    async ({ name, line }) => {
      const project = await projectAt(stageOf[name] ?? "serving");
      try {
        const env = keepTrust(project, sigstore);
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
