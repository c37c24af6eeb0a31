import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { predicateTypes } from "../../src/evidence/index.ts";
import { projectAt, succeed } from "../support/cli/project.ts";
import type { Workspace } from "../support/cli/workspace.ts";
import { onRegistries } from "./support/on-registries.ts";
import { need } from "./support/peers.ts";
import { run, runOk } from "./support/run.ts";

/** `--insecure-ignore-tlog`: the statements are signed offline, with a key and no log. */
const offline = "--insecure-ignore-tlog=true";
const unlogged = ["--use-signing-config=false", "--tlog-upload=false", "--yes"];

/** The pinned reference of a version, as a registry client writes it. */
async function pinnedReference(project: Workspace, registry: string): Promise<string> {
  const resolve = await project.mreg(["--registry", registry, "resolve", "risk:v1"]);
  const digest = /sha256:[0-9a-f]{64}/.exec(succeed("resolve", resolve).stdout)?.[0];
  return `${registry}/risk@${digest}`;
}

describe("cosign accepts what mreg signed, offline", () => {
  onRegistries((host) => {
    let project: Workspace;
    let reference: string;
    beforeAll(async () => {
      const registry = `${host()}/accepts`;
      project = await projectAt("serving", registry);
      reference = await pinnedReference(project, registry);
    });
    afterAll(() => project.remove());

    test("cosign verify --key", async (context) => {
      const cosign = need(context, "cosign");
      await runOk(cosign, ["verify", "--key", project.path("alice.pub"), offline, reference]);
    });

    test.for([
      ["alice", predicateTypes.card],
      ["alice", predicateTypes.eval],
      ["alice", predicateTypes.lineage],
      ["alice", predicateTypes.scan],
      ["alice", predicateTypes.document],
      ["lea", predicateTypes.approval],
      ["mike", predicateTypes.verdict],
      ["mike", "https://mreg.dev/transition/staging/v1"],
      ["mike", "https://mreg.dev/transition/production/v1"],
    ])("cosign verify-attestation --key %s.pub --type %s", async ([person, type], context) => {
      const cosign = need(context, "cosign");
      const args = [
        "verify-attestation",
        "--key",
        project.path(`${person}.pub`),
        offline,
        "--type",
        `${type}`,
        reference,
      ];
      await runOk(cosign, args);
    });

    test("and refuses a type that nobody signed", async (context) => {
      const cosign = need(context, "cosign");
      const args = [
        "verify-attestation",
        "--key",
        project.path("alice.pub"),
        offline,
        "--type",
        predicateTypes.approval,
      ];
      expect((await run(cosign, [...args, reference])).code).not.toBe(0);
    });
  });
});

describe("keys and signatures travel both ways", () => {
  onRegistries((host) => {
    let project: Workspace;
    let registry: string;
    let reference: string;
    beforeAll(async () => {
      registry = `${host()}/both`;
      project = await projectAt("pushed", registry);
      reference = await pinnedReference(project, registry);
    });
    afterAll(() => project.remove());

    test("cosign reads a key that mreg generated", async (context) => {
      const cosign = need(context, "cosign");
      const printed = await runOk(cosign, ["public-key", "--key", project.path("alice.key")], {
        env: { COSIGN_PASSWORD: "test" },
      });
      expect(printed.trim()).toBe(readFileSync(project.path("alice.pub"), "utf8").trim());
    });

    test("mreg verifies what cosign signed with a key of mreg", async (context) => {
      const cosign = need(context, "cosign");
      const verify = ["--registry", registry, "verify", "risk:v1", "--key", "mike.pub"];
      expect((await project.mreg(verify)).exitCode).toBe(4);
      const sign = ["sign", "--key", project.path("mike.key"), ...unlogged, reference];
      await runOk(cosign, sign, { env: { COSIGN_PASSWORD: "test" } });
      succeed("verify", await project.mreg(verify));
    });

    test("mreg signs with a key that cosign generated, and cosign verifies it", async (context) => {
      const cosign = need(context, "cosign");
      const prefix = project.path("foreign");
      await runOk(cosign, ["generate-key-pair", "--output-key-prefix", prefix], { env: { COSIGN_PASSWORD: "test" } });
      succeed("sign", await project.mreg(["--registry", registry, "sign", "risk:v1", "--key", "foreign.key"]));
      await runOk(cosign, ["verify", "--key", `${prefix}.pub`, offline, reference]);
    });

    test("mreg reads an attestation that cosign attached", async (context) => {
      const cosign = need(context, "cosign");
      const type = "https://example.com/note/v1";
      const predicate = project.path("eval.json");
      const attest = [
        "attest",
        "--key",
        project.path("mike.key"),
        ...unlogged,
        "--type",
        type,
        "--predicate",
        predicate,
      ];
      await runOk(cosign, [...attest, reference], { env: { COSIGN_PASSWORD: "test" } });
      const verify = ["--registry", registry, "verify", "risk:v1", "--key", "mike.pub", "--type", type];
      expect(succeed("verify", await project.mreg(verify)).stdout).toContain(type);
    });
  });
});
