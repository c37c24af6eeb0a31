import { generateKeyPairSync } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { predicateTypes } from "../../src/evidence/index.ts";
import { projectAt, succeed } from "../support/cli/project.ts";
import type { Run, Workspace } from "../support/cli/workspace.ts";
import { installPlugin } from "../support/kms/plugin.ts";
import { type FakeVault, startVault, vaultToken } from "../support/kms/vault.ts";
import { onRegistries } from "./support/on-registries.ts";
import { need } from "./support/peers.ts";
import { run, runOk } from "./support/run.ts";

const env = { COSIGN_PASSWORD: "test" };

/** `--insecure-ignore-tlog`: everything here is signed offline, with a key and no log. */
const offline = "--insecure-ignore-tlog=true";

/** How each line of cosign is told to sign without services, and to verify bundles without sigstore's own root. */
const lines = {
  cosign: { unlogged: ["--use-signing-config=false", "--tlog-upload=false", "--yes"], rooted: () => [] },
  // Before 3, even a bundle with a key needs a trusted root; an empty one will do.
  cosign2: { unlogged: ["--tlog-upload=false", "--yes"], rooted: (root: string) => ["--trusted-root", root] },
} as const;
type Line = keyof typeof lines;
const lineNames = Object.keys(lines) as Line[];

/** cosign's command line takes SHA-256 for every key unless told otherwise, also where it signs with SHA-384. */
const digestFlags = (algorithm: string) =>
  algorithm === "ecdsa-p384" ? ["--signature-digest-algorithm", "sha384"] : [];

const algorithms = ["ecdsa-p256", "ecdsa-p384", "ed25519", "rsa-3072"] as const;

/** A project with one version for everybody who signs, so that nobody's signature is taken for another's. */
interface Bench {
  readonly project: Workspace;
  readonly registry: string;
  readonly root: string;
  /** Pushes a version for one test; returns its name for mreg, and its pinned reference for others. */
  version(): Promise<{ readonly ref: string; readonly pinned: string }>;
  mreg(...args: string[]): Promise<Run>;
}

async function bench(registry: string): Promise<Bench> {
  const project = await projectAt("keys");
  const root = project.path("trusted_root.json");
  writeFileSync(root, '{"mediaType":"application/vnd.dev.sigstore.trustedroot+json;version=0.1"}');
  let models = 0;
  const mreg = (...args: string[]) => project.mreg(["--registry", registry, ...args]);
  return {
    project,
    registry,
    root,
    mreg,
    version: async () => {
      const name = `m${++models}`;
      succeed("push", await mreg("push", name, "model"));
      const resolved = succeed("resolve", await mreg("resolve", `${name}:v1`)).stdout;
      return { ref: `${name}:v1`, pinned: `${registry}/${resolved.trim().split("\n")[0]}` };
    },
  };
}

/**
 * Layouts depend on the referrers API and on nothing else of a registry: one with it and one without see all of them.
 */
const registries = ["docker-registry", "olareg"] as const;

describe("keys of every kind", () => {
  onRegistries(
    (host) => {
      let at: Bench;
      beforeAll(async () => {
        at = await bench(`${host()}/keys`);
        for (const algorithm of algorithms) {
          succeed("key generate", await at.mreg("key", "generate", algorithm, "--algorithm", algorithm));
        }
      });
      afterAll(() => at.project.remove());

      describe.each(algorithms)("%s", (algorithm) => {
        test.for(lineNames)("%s reads the key, and verifies what mreg signed with it", async (line, context) => {
          const cosign = need(context, line);
          const printed = await runOk(cosign, ["public-key", "--key", at.project.path(`${algorithm}.key`)], { env });
          const key = at.project.path(`${algorithm}.pub`);
          expect(printed.trim()).toBe(readFileSync(key, "utf8").trim());
          const { ref, pinned } = await at.version();
          succeed("sign", await at.mreg("sign", ref, "--key", `${algorithm}.key`));
          const flags = [offline, ...lines[line].rooted(at.root), ...digestFlags(algorithm)];
          await runOk(cosign, ["verify", "--key", key, ...flags, pinned]);
        });

        test.for(lineNames)("mreg verifies what %s signed with it", async (line, context) => {
          const cosign = need(context, line);
          const { ref, pinned } = await at.version();
          const key = at.project.path(`${algorithm}.key`);
          await runOk(cosign, ["sign", "--key", key, ...lines[line].unlogged, pinned], { env });
          const verify = (pub: string) => at.mreg("verify", ref, "--key", pub, "--format", "json");
          const { verified } = JSON.parse(succeed("verify", await verify(`${algorithm}.pub`)).stdout) as {
            verified: { legacy?: { found: string } }[];
          };
          // cosign 2 signs as it was before bundles, and cosign 3 attaches one.
          expect(verified[0]?.legacy?.found).toBe(line === "cosign2" ? "tag" : undefined);
          expect((await verify("mike.pub")).exitCode).toBe(4);
        });
      });
    },
    { names: ["docker-registry"] },
  );
});

describe("signatures and attestations before bundles", () => {
  onRegistries(
    (host) => {
      let at: Bench;
      beforeAll(async () => {
        at = await bench(`${host()}/legacy`);
      });
      afterAll(() => at.project.remove());

      test("mreg verifies an attestation of cosign 2 under .att, by its type", async (context) => {
        const cosign = need(context, "cosign2");
        const { ref, pinned } = await at.version();
        const type = "https://example.com/note/v1";
        const args = ["attest", "--key", at.project.path("mike.key"), ...lines.cosign2.unlogged, "--type", type];
        await runOk(cosign, [...args, "--predicate", at.project.path("eval.json"), pinned], { env });
        const { stdout } = succeed("verify", await at.mreg("verify", ref, "--key", "mike.pub", "--type", type));
        expect(stdout).toContain("attestation under a tag");
        expect((await at.mreg("verify", ref, "--key", "mike.pub")).exitCode).toBe(4);
      });

      test("mreg verifies what cosign 2 attached as OCI 1.1 had it at first", async (context) => {
        const cosign = need(context, "cosign2");
        const { ref, pinned } = await at.version();
        const args = ["sign", "--key", at.project.path("mike.key"), ...lines.cosign2.unlogged];
        const experimental = { ...env, COSIGN_EXPERIMENTAL: "1" };
        await runOk(cosign, [...args, "--registry-referrers-mode", "oci-1-1", pinned], { env: experimental });
        const { stdout } = succeed("verify", await at.mreg("verify", ref, "--key", "mike.pub"));
        expect(stdout).toContain("signature attached");
      });

      test.for(lineNames)(
        "%s verifies --legacy-signature beside what it signed there itself",
        async (line, context) => {
          const cosign = need(context, line);
          const { ref, pinned } = await at.version();
          const older = line === "cosign" ? ["--new-bundle-format=false"] : [];
          const sign = ["sign", "--key", at.project.path("mike.key"), ...lines[line].unlogged, ...older, pinned];
          await runOk(cosign, sign, { env });
          succeed("sign", await at.mreg("sign", ref, "--key", "alice.key", "--legacy-signature"));
          if (line === "cosign2") {
            // cosign 2 looks for bundles first, and mreg has attached one; the .sig tag is read by cosign 3 below.
            const flags = [offline, "--trusted-root", at.root];
            await runOk(cosign, ["verify", "--key", at.project.path("alice.pub"), ...flags, pinned]);
            return;
          }
          for (const person of ["alice", "mike"]) {
            const key = at.project.path(`${person}.pub`);
            const printed = await runOk(cosign, ["verify", "--key", key, offline, "--new-bundle-format=false", pinned]);
            expect(printed).toContain(`"docker-reference":"${pinned.split("@")[0]}"`);
          }
          const lea = ["verify", "--key", at.project.path("lea.pub"), offline, "--new-bundle-format=false", pinned];
          expect((await run(cosign, lea)).code).not.toBe(0);
        },
      );

      test.for(lineNames)("%s shows and downloads what mreg signed", async (line, context) => {
        const cosign = need(context, line);
        const { ref, pinned } = await at.version();
        succeed("sign", await at.mreg("sign", ref, "--key", "alice.key", "--legacy-signature"));
        const listed = await runOk(cosign, ["tree", ...(line === "cosign2" ? ["--experimental-oci11"] : []), pinned]);
        // cosign 3 shows what kind of statement it is, cosign 2 that it is a bundle.
        const shown = line === "cosign" ? "https://sigstore.dev/cosign/sign/v1" : "application/vnd.dev.sigstore.bundle";
        expect(listed).toContain(shown);
        expect(await runOk(cosign, ["download", "attestation", pinned])).toContain("dsseEnvelope");
        if (line === "cosign") expect(await runOk(cosign, ["download", "signature", pinned])).toContain("dsseEnvelope");
        else expect(await runOk(cosign, ["download", "signature", pinned])).toContain("Base64Signature");
      });

      test.for(lineNames)("%s verifies a statement of mreg by its type, and no other type", async (line, context) => {
        const cosign = need(context, line);
        const { ref, pinned } = await at.version();
        succeed("attach", await at.mreg("attach", ref, "--type", "scan", "--key", "alice.key"));
        const flags = ["--key", at.project.path("alice.pub"), offline, ...lines[line].rooted(at.root)];
        await runOk(cosign, ["verify-attestation", ...flags, "--type", predicateTypes.scan, pinned]);
        const other = await run(cosign, ["verify-attestation", ...flags, "--type", predicateTypes.card, pinned]);
        expect(other.code).not.toBe(0);
      });

      test("oras lists both what cosign 2 attached and what mreg did", async (context) => {
        const [cosign, oras] = [need(context, "cosign2"), need(context, "oras")];
        const { ref, pinned } = await at.version();
        const args = ["sign", "--key", at.project.path("mike.key"), ...lines.cosign2.unlogged];
        const experimental = { ...env, COSIGN_EXPERIMENTAL: "1" };
        await runOk(cosign, [...args, "--registry-referrers-mode", "oci-1-1", pinned], { env: experimental });
        succeed("sign", await at.mreg("sign", ref, "--key", "alice.key"));
        const listed = await runOk(oras, ["discover", "--plain-http", pinned]);
        expect(listed).toContain("application/vnd.dev.cosign.artifact.sig.v1+json");
        expect(listed).toContain("application/vnd.dev.sigstore.bundle.v0.3+json");
      });

      test("six who sign at once all stay under the .sig tag", async () => {
        const { ref } = await at.version();
        const names = Array.from({ length: 6 }, (_, one) => `racer${one}`);
        for (const name of names) {
          const { privateKey } = generateKeyPairSync("ec", { namedCurve: "prime256v1" });
          writeFileSync(at.project.path(`${name}.key`), privateKey.export({ type: "pkcs8", format: "pem" }));
        }
        const signing = names.map((name) => at.mreg("sign", ref, "--key", `${name}.key`, "--legacy-signature"));
        for (const signed of await Promise.all(signing)) succeed("sign", signed);
        const last = succeed(
          "sign",
          await at.mreg("sign", ref, "--key", "racer0.key", "--legacy-signature", "--format", "json"),
        );
        const { legacySignature } = JSON.parse(last.stdout) as { legacySignature: string };
        const url = `http://${at.registry.replace("/", "/v2/")}/${ref.split(":")[0]}/manifests/${legacySignature}`;
        const accept = "application/vnd.oci.image.manifest.v1+json";
        const { layers } = (await (await fetch(url, { headers: { accept } })).json()) as { layers: unknown[] };
        expect(layers).toHaveLength(names.length);
      });

      test("the .sig tag stays out of mreg's versions", async () => {
        const { ref } = await at.version();
        succeed("sign", await at.mreg("sign", ref, "--key", "alice.key", "--legacy-signature"));
        const { stdout } = succeed("list", await at.mreg("list", ref.split(":")[0] ?? ""));
        expect(stdout).not.toContain("sha256-");
      });
    },
    { names: registries },
  );
});

describe("keys in a KMS", () => {
  onRegistries(
    (host) => {
      let at: Bench;
      let plugin: Record<string, string>;
      let vault: FakeVault;
      const pem = () => generateKeyPairSync("ec", { namedCurve: "prime256v1" }).privateKey;
      beforeAll(async () => {
        at = await bench(`${host()}/kms`);
        plugin = installPlugin(at.project.path("kms"));
        writeFileSync(
          join(at.project.path("kms"), "keys", "release"),
          pem().export({ type: "pkcs8", format: "pem" }).toString(),
        );
        vault = await startVault();
        vault.keys.set("release", [pem()]);
      });
      afterAll(async () => {
        await vault.close();
        at.project.remove();
      });
      const withMreg = (kms: Record<string, string>, ...args: string[]) => {
        const path = kms["PATH"] ? { PATH: `${at.project.path(".bin")}:${kms["PATH"]}` } : {};
        return at.project.mreg(["--registry", at.registry, ...args], { env: { ...kms, ...path } });
      };

      test.for(["mregtest://release", "hashivault://release"])(
        "%s: mreg signs, cosign verifies by the same reference; and the other way round",
        async (key, context) => {
          const cosign = need(context, "cosign");
          const kms = key.startsWith("mregtest") ? plugin : { VAULT_ADDR: vault.address, VAULT_TOKEN: vaultToken };
          const first = await at.version();
          succeed("sign", await withMreg(kms, "sign", first.ref, "--key", key));
          // The public key by itself: what a verifier without the KMS has.
          const shown = succeed("key public", await withMreg(kms, "key", "public", key)).stdout;
          const file = at.project.path("kms.pub");
          writeFileSync(file, shown.slice(0, shown.indexOf("fingerprint")));
          await runOk(cosign, ["verify", "--key", file, offline, first.pinned]);
          expect(await runOk(cosign, ["public-key", "--key", key], { env: kms })).toBe(readFileSync(file, "utf8"));

          const second = await at.version();
          await runOk(cosign, ["sign", "--key", key, ...lines.cosign.unlogged, second.pinned], { env: kms });
          succeed("verify", await withMreg(kms, "verify", second.ref, "--key", key));
        },
      );
    },
    { names: ["docker-registry"] },
  );
});
