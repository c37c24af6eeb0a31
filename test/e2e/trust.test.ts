import { writeFileSync } from "node:fs";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { projectAt, succeed } from "../support/cli/project.ts";
import type { Workspace } from "../support/cli/workspace.ts";
import {
  identityToken,
  type SigstoreInstance,
  startSigstore,
  testIssuer,
  testSubject,
} from "../support/sigstore-instance.ts";
import { tufRepository } from "../support/tuf-repository.ts";

interface Trust {
  readonly from: string;
  readonly digest: string;
  readonly hasSigningConfig: boolean;
  readonly authorities: readonly { readonly role: string; readonly url: string; readonly until?: string }[];
}

describe("mreg trust", () => {
  let sigstore: SigstoreInstance;
  let project: Workspace;
  const trust = async (...args: readonly string[]) =>
    JSON.parse(succeed("trust", await project.mreg(["trust", ...args, "--format", "json"])).stdout) as Trust;
  const fromMirror = () => ["init", "--mirror", `${sigstore.url}/tuf`, "--root", "root.json"];
  const whose = ["--identity", testSubject, "--issuer", testIssuer];

  beforeAll(async () => {
    sigstore = await startSigstore();
  });
  afterAll(() => sigstore.close());
  beforeEach(async () => {
    project = await projectAt("pushed");
    writeFileSync(project.path("root.json"), sigstore.tuf.root);
    writeFileSync(project.path("trusted_root.json"), sigstore.trustedRoot);
  });
  afterEach(() => project.remove());

  it("the public-good instance is built in, and shown without a network", async () => {
    const shown = await trust("show");
    expect(shown).toMatchObject({ from: "built-in", hasSigningConfig: false });
    expect(shown.authorities).toContainEqual(
      expect.objectContaining({ role: "log", url: "https://rekor.sigstore.dev" }),
    );
    expect(shown.authorities.filter(({ role }) => role === "timestamps")).not.toEqual([]);
  });

  it("after init from a mirror, signing and verifying need no flags, and verifying no network but the registry's", async () => {
    const made = await trust(...fromMirror());
    expect(made).toMatchObject({ from: "tuf", digest: sigstore.root.digest, hasSigningConfig: true });
    const env = { SIGSTORE_ID_TOKEN: identityToken() };
    succeed("sign", await project.mreg(["sign", "risk:v1", "--keyless"], { env }));
    const before = sigstore.requests.length;
    succeed("verify", await project.mreg(["verify", "risk:v1", ...whose]));
    expect(sigstore.requests.slice(before)).toEqual([]);
  });

  it("update brings what the mirror has published since; an expired or foreign repository changes nothing", async () => {
    await trust(...fromMirror());
    const json = JSON.parse(sigstore.trustedRoot.toString()) as { tlogs: { publicKey: { validFor: object } }[] };
    for (const { publicKey } of json.tlogs)
      publicKey.validFor = { start: "2020-01-01T00:00:00Z", end: "2021-01-01T00:00:00Z" };
    const newer = Buffer.from(JSON.stringify(json));
    sigstore.tuf.publish({ "trusted_root.json": newer });
    const updated = await trust("update");
    expect(updated).toMatchObject({ from: "tuf", hasSigningConfig: false });
    expect(updated.authorities.filter(({ role }) => role === "log").map(({ until }) => until)).not.toContain(undefined);
    const { digest } = updated;
    sigstore.tuf.publish({ "trusted_root.json": sigstore.trustedRoot }, { expires: new Date(0) });
    expect(await project.mreg(["trust", "update"])).toMatchObject({ exitCode: 8 });
    expect(await trust("show")).toMatchObject({ digest });
    writeFileSync(project.path("root.json"), tufRepository().root);
    expect(await project.mreg(["trust", ...fromMirror()])).toMatchObject({ exitCode: 8 });
    expect(await trust("show")).toMatchObject({ digest });
    sigstore.tuf.publish({
      "trusted_root.json": sigstore.trustedRoot,
      "signing_config.v0.2.json": sigstore.signingConfig,
    });
    expect(await trust("update")).toMatchObject({ digest: sigstore.root.digest, hasSigningConfig: true });
  });

  it("files are checked before they are kept", async () => {
    expect(await project.mreg(["trust", "init", "--trusted-root", "mreg.yaml"])).toMatchObject({ exitCode: 2 });
    expect(await trust("show")).toMatchObject({ from: "built-in" });
    expect(await trust("init", "--trusted-root", "trusted_root.json")).toMatchObject({ from: "file" });
    expect(await project.mreg(["trust", "update"])).toMatchObject({ exitCode: 2 });
  });

  it.each([
    ["a mirror without a root", ["--mirror", "https://tuf.example.com"]],
    ["a signing configuration alone", ["--signing-config", "root.json"]],
    ["files and a mirror", ["--trusted-root", "trusted_root.json", "--root", "root.json"]],
    ["a file that is not there", ["--trusted-root", "nowhere.json"]],
  ])("init refuses %s", async (_, args) => {
    expect(await project.mreg(["trust", "init", ...args])).toMatchObject({ exitCode: 2 });
  });
});
