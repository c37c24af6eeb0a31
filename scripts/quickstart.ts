/**
 * `npm run quickstart`: the whole job on the embedded store, with real commands in a new directory.
 *
 * Prints each command before it runs it, checks each exit code, and leaves the directory to look around in.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { evidenceFiles } from "./tiny-evidence.ts";
import { writeTinyModel } from "./tiny-model.ts";

const bin = fileURLToPath(new URL("../bin/mreg.js", import.meta.url));
const directory = process.argv[2] ?? mkdtempSync(join(tmpdir(), "mreg-quickstart-"));
const env = { ...process.env, COSIGN_PASSWORD: "quickstart" };
/** The quickstart must not depend on what the user has configured. */
for (const name of ["MREG_REGISTRY", "SOURCE_DATE_EPOCH"]) delete (env as NodeJS.ProcessEnv)[name];

/** Says what comes next. */
function say(text: string): void {
  console.log(`\n# ${text}`);
}

/** Prints a command, runs it, and stops the quickstart when it does not end as expected. */
function mreg(line: string, expectedExit = 0): void {
  console.log(`$ mreg ${line}`);
  const { status } = spawnSync(process.execPath, [bin, ...line.split(" ")], { cwd: directory, env, stdio: "inherit" });
  if (status === expectedExit) return;
  console.error(`quickstart: \`mreg ${line}\` ended with ${status}, expected ${expectedExit}`);
  process.exit(1);
}

const startedMs = Date.now();
console.log(`Working in ${directory}`);
const files = await writeTinyModel(join(directory, "model"), { seed: 7 });
for (const [name, text] of Object.entries(evidenceFiles(new Date()))) writeFileSync(join(directory, name), text);

say("Three people, three keys. COSIGN_PASSWORD holds the password, as with cosign.");
for (const person of ["alice", "mike", "lea"]) mreg(`key generate ${person}`);

say("Who may do what. The waiting time in staging is set to zero here, so that you need not wait a day.");
mreg(
  "init --registry oci:./store --owner risk-team --key alice.key --soak 0s --role data-scientist=alice:alice.pub --role mlops=mike:mike.pub --role lead=lea:lea.pub",
);

say("Alice pushes a model. It becomes version 1.");
mreg("push risk model");

say("Mike wants it in staging. Nothing is known about it yet, so the gates say no (exit 3), with every reason.");
mreg("promote risk:v1 --to staging --key mike.key", 3);

say("Alice signs it and attaches what is known: card, lineage, evaluation, scan.");
mreg("sign risk:v1");
mreg("attach risk:v1 --type card model/README.md");
mreg("attach risk:v1 --type lineage lineage.yaml");
mreg("attach risk:v1 --type eval eval.json");
mreg("attach risk:v1 --type scan");

say("Now the same promotion passes.");
mreg("check risk:v1 --to staging --key mike.key");
mreg("promote risk:v1 --to staging --key mike.key");

say("Production takes more: an evaluation on live traffic, a runbook, a rollback plan, and somebody else's approval.");
mreg("attach risk:v1 --type eval --environment canary canary.json");
mreg("attach risk:v1 --type document --role runbook runbook.md");
mreg("attach risk:v1 --type document --role rollback-plan rollback.md");
mreg("promote risk:v1 --to production --key mike.key", 3);
mreg("approve risk:v1 --to production --key lea.key");
mreg("promote risk:v1 --to production --key mike.key");

say("Which model is in production, where did it come from, and who approved it?");
mreg("status risk");
mreg("log risk");
mreg("graph risk:v1");
mreg("verify risk:v1 --state production");

say("A consumer takes what production serves, if and only if the whole chain verifies.");
mreg("pull risk@production --require-state production -o serving");
for (const file of files) {
  if (!readFileSync(join(directory, "model", file)).equals(readFileSync(join(directory, "serving", file)))) {
    console.error(`quickstart: serving/${file} differs from model/${file}`);
    process.exit(1);
  }
}
console.log(`\nAll ${files.length} files are byte for byte what Alice pushed. That took ${((Date.now() - startedMs) / 1000).toFixed(1)} s.

What to try next:
  cd ${directory}
  alias mreg="${process.execPath} ${bin}"
  mreg inspect risk:v1                      what is in the weights
  mreg graph risk:v1 --as mermaid           the same graph, for a document
  mreg status --format json                 every command speaks JSON
  oras discover --oci-layout store/risk:v1  the store is a plain OCI layout
`);
