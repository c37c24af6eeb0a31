import { writeFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { projectAt, succeed } from "../support/cli/project.ts";
import type { Workspace } from "../support/cli/workspace.ts";
import {
  identityToken,
  type SigstoreInstance,
  startSigstore,
  testIssuer,
  testSubject,
} from "../support/sigstore-instance.ts";
import { onRegistries } from "./support/on-registries.ts";
import { need } from "./support/peers.ts";
import { run, runOk } from "./support/run.ts";

/** Certificates, logs and timestamps of an instance on this machine, between mreg and the real cosign. */
describe("keyless signatures travel both ways", () => {
  onRegistries((host) => {
    let sigstore: SigstoreInstance;
    let project: Workspace;
    let registry: string;
    let digest: string;
    const trust = () => ["--trusted-root", project.path("trusted_root.json")];
    const whose = ["--certificate-identity", testSubject, "--certificate-oidc-issuer", testIssuer];
    const mreg = (...args: readonly string[]) => project.mreg(["--registry", registry, ...args]);

    beforeAll(async () => {
      sigstore = await startSigstore();
      registry = `${host()}/keyless`;
      project = await projectAt("pushed", registry);
      digest = /sha256:[0-9a-f]{64}/.exec(succeed("resolve", await mreg("resolve", "risk:v1")).stdout)?.[0] ?? "";
      writeFileSync(project.path("trusted_root.json"), sigstore.trustedRoot);
      // Its timestamps repeat no nonce, which cosign expects of them.
      const {
        tsaUrls: _,
        tsaConfig: __,
        ...config
      } = JSON.parse(sigstore.signingConfig.toString()) as Record<string, unknown>;
      writeFileSync(project.path("signing_config.json"), JSON.stringify(config));
    });
    afterAll(async () => {
      project.remove();
      await sigstore.close();
    });

    test.for<[string, (at: SigstoreInstance) => string[], string[]]>([
      ["Rekor 1", ({ url }) => ["--rekor-url", url], []],
      [
        "Rekor 2 and a timestamp",
        ({ tsaUrl, url }) => ["--rekor-url", url, "--rekor-version", "2", "--tsa-url", tsaUrl],
        ["--use-signed-timestamps"],
      ],
    ])("cosign verifies what mreg signed: %s", async ([, witnesses, how], context) => {
      const cosign = need(context, "cosign");
      // A model of its own, since one good signature is enough for cosign.
      const name = `risk${how.length}`;
      succeed("push", await mreg("push", `${name}:v1`, "model"));
      const flags = ["--id-token", identityToken(), "--fulcio-url", sigstore.url, ...witnesses(sigstore)];
      const signed = succeed("sign", await mreg("sign", `${name}:v1`, ...flags)).stdout;
      const reference = `${registry}/${name}@${/@(sha256:[0-9a-f]{64})/.exec(signed)?.[1]}`;
      await runOk(cosign, ["verify", ...whose, ...trust(), ...how, reference]);
      const cosign2 = need(context, "cosign2");
      await runOk(cosign2, ["verify", "--new-bundle-format", ...whose, ...trust(), ...how, reference]);
      const stranger = ["--certificate-identity", `${testSubject}x`, "--certificate-oidc-issuer", testIssuer];
      expect((await run(cosign, ["verify", ...stranger, ...trust(), ...how, reference])).code).not.toBe(0);
    });

    test.for<[string, string[], string[]]>([
      ["sign", [], []],
      ["attest", ["--type", "https://example.com/note/v1", "--predicate"], ["--type", "https://example.com/note/v1"]],
    ])("mreg verifies what cosign signed: %s", async ([command, flags, type], context) => {
      const cosign = need(context, "cosign");
      const predicate = flags.length > 0 ? [project.path("eval.json")] : [];
      const config = ["--signing-config", project.path("signing_config.json"), ...trust()];
      const token = identityToken({ exp: Math.floor(Date.now() / 1000) + 600 });
      const reference = `${registry}/risk@${digest}`;
      const args = [command, "--yes", "--identity-token", token, ...config, ...flags, ...predicate, reference];
      await runOk(cosign, args);
      const accepted = ["--identity", testSubject, "--issuer", testIssuer, ...trust(), ...type];
      const { stdout } = succeed("verify", await mreg("verify", "risk:v1", ...accepted));
      expect(stdout).toContain(`of ${sigstore.url}`);
    });
  });
});
