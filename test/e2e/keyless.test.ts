import { readFileSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { projectAt, succeed } from "../support/cli/project.ts";
import type { Workspace } from "../support/cli/workspace.ts";
import {
  identityToken,
  type SigstoreInstance,
  startSigstore,
  testIssuer,
  testSubject,
} from "../support/sigstore-instance.ts";

interface Verified {
  readonly verified: readonly Record<string, unknown>[];
  readonly rejected: readonly { readonly code: string }[];
}

// A story: each test goes on where the one before it ended.
describe("a lifecycle by certificate", { shuffle: false }, () => {
  let sigstore: SigstoreInstance;
  let project: Workspace;
  beforeAll(async () => {
    sigstore = await startSigstore();
    project = await projectAt("evidenced");
    writeFileSync(project.path("trusted_root.json"), sigstore.trustedRoot);
    const policy = readFileSync(project.path("mreg.policy.yaml"), "utf8");
    const identity = `  release:\n    person: acme-ci\n    issuer: ${testIssuer}\n    identity: ${testSubject}\n`;
    const members = policy.replace(/^identities:\n/m, `identities:\n${identity}`);
    const withRole = members.replace(/^( {2}mlops:)\s*(?:\[mike\]|\n {4}- mike)/m, "$1 [mike, release]");
    expect(withRole).not.toBe(members);
    writeFileSync(project.path("mreg.policy.yaml"), withRole);
  });
  afterAll(async () => {
    project.remove();
    await sigstore.close();
  });

  it("a CI job promotes, and the chain verifies under the trusted root, and under no other", async () => {
    const services = ["--fulcio-url", sigstore.url, "--rekor-url", sigstore.url];
    const root = ["--trusted-root", "trusted_root.json"];
    const promote = ["promote", "risk:v1", "--to", "staging", "--id-token", identityToken(), ...services, ...root];
    succeed("promote", await project.mreg(promote));
    const { stdout } = succeed("log", await project.mreg(["log", "risk", ...root]));
    expect(stdout).toContain("by acme-ci");
    succeed("verify", await project.mreg(["verify", "risk:v1", "--state", "staging", ...root]));
    const another = await project.mreg(["verify", "risk:v1", "--state", "staging"]);
    expect(another).toMatchObject({ exitCode: 4 });
  });

  it("a stranger's certificate promotes nothing", async () => {
    const token = identityToken({
      sub: "https://github.com/evil/models/.github/workflows/release.yml@refs/heads/main",
    });
    const services = ["--fulcio-url", sigstore.url, "--rekor-url", sigstore.url, "--trusted-root", "trusted_root.json"];
    const run = await project.mreg(["promote", "risk:v1", "--to", "production", "--id-token", token, ...services]);
    expect(run).toMatchObject({ exitCode: 3 });
  });
});

// One project for all: what the first tests sign, the later ones find.
describe("keyless, through the program", { shuffle: false }, () => {
  let sigstore: SigstoreInstance;
  let project: Workspace;
  const services = () => ["--fulcio-url", sigstore.url, "--rekor-url", sigstore.url, "--tsa-url", sigstore.tsaUrl];
  const trust = ["--trusted-root", "trusted_root.json"];
  const whose = ["--identity", testSubject, "--issuer", testIssuer];
  const sign = (...args: readonly string[]) => project.mreg(["sign", "risk:v1", ...args]);
  const verify = (...args: readonly string[]) => project.mreg(["verify", "risk:v1", ...args]);

  beforeAll(async () => {
    sigstore = await startSigstore();
    project = await projectAt("pushed");
    writeFileSync(project.path("trusted_root.json"), sigstore.trustedRoot);
    writeFileSync(project.path("signing_config.json"), sigstore.signingConfig);
    const [log, tsa] = [sigstore.url, sigstore.tsaUrl];
    const run = await project.mreg(
      ["sign", "risk:v1", "--id-token", identityToken(), "--fulcio-url", log, "--rekor-url", log, "--tsa-url", tsa],
      {},
    );
    succeed("sign", run);
    expect(run.stdout).toContain(testSubject);
  });
  afterAll(async () => {
    project.remove();
    await sigstore.close();
  });

  it("verify names who, when and by whose word, where it is logged, and under which root", async () => {
    const run = succeed("verify", await verify(...whose, ...trust, "--format", "json"));
    const { rejected, verified } = JSON.parse(run.stdout) as Verified;
    expect(rejected).toEqual([]);
    expect(verified).toMatchObject([
      {
        identity: testSubject,
        issuer: testIssuer,
        predicateType: "https://sigstore.dev/cosign/sign/v1",
        times: [{ authority: sigstore.url }, { authority: sigstore.tsaUrl }],
        logEntries: [{ log: sigstore.url, kind: "dsse" }],
        trustedRoot: sigstore.root.digest,
      },
    ]);
    expect(succeed("verify", await verify(...whose, ...trust)).stdout).toContain(`of ${sigstore.url}`);
  });

  it.each<[string, number, readonly string[]]>([
    ["another identity", 4, ["--identity", `${testSubject}x`, "--issuer", testIssuer, ...trust]],
    ["another issuer", 4, ["--identity", testSubject, "--issuer", `${testIssuer}/`, ...trust]],
    ["a key alone", 4, ["--key", "alice.pub"]],
    ["the public-good root, when no other is given", 4, whose],
    ["an identity without an issuer", 2, ["--identity", testSubject, ...trust]],
    ["a root that is none", 2, [...whose, "--trusted-root", "mreg.yaml"]],
    ["a pattern for everybody", 2, ["--identity-pattern", "**", "--issuer", testIssuer, ...trust]],
  ])("%s ends with exit code %i", async (_, exitCode, args) => {
    expect(await verify(...args)).toMatchObject({ exitCode });
  });

  it("a pattern matches where it is asked for", async () => {
    const pattern = ["--identity-pattern", "https://github.com/acme/*/.github/workflows/*@refs/heads/main"];
    succeed("verify", await verify(...pattern, "--issuer", testIssuer, ...trust));
  });

  it("tokens come from files, the environment, and GitHub Actions; without one it says what to do", async () => {
    writeFileSync(project.path("token"), identityToken());
    succeed("sign", await sign("--id-token", "token", ...services()));
    const config = ["--keyless", "--signing-config", "signing_config.json"];
    const given = { SIGSTORE_ID_TOKEN: identityToken() };
    succeed("sign", await project.mreg(["sign", "risk:v1", ...config], { env: given }));
    const actions = {
      ACTIONS_ID_TOKEN_REQUEST_URL: `${sigstore.url}/token?api-version=2`,
      ACTIONS_ID_TOKEN_REQUEST_TOKEN: "t0ken",
    };
    succeed("sign", await project.mreg(["sign", "risk:v1", ...config], { env: actions }));
    expect(sigstore.requests).toContain("/token?api-version=2&audience=sigstore");
    const nothing = await sign(...config);
    expect(nothing).toMatchObject({ exitCode: 6 });
    expect(nothing.stderr).toContain("SIGSTORE_ID_TOKEN");
  });

  it("keys and certificates exclude each other; a certificate without a witness is not asked for", async () => {
    expect(await sign("--keyless", "--key", "alice.key")).toMatchObject({ exitCode: 2 });
    expect(await sign("--id-token", "token", "--fulcio-url", sigstore.url)).toMatchObject({ exitCode: 2 });
  });

  it("a key's signature can have a log entry and a timestamp, too", async () => {
    const witnesses = ["--rekor-url", sigstore.url, "--rekor-version", "2", "--tsa-url", sigstore.tsaUrl];
    expect(await verify("--key", "alice.pub", ...trust)).toMatchObject({ exitCode: 4 });
    succeed("sign", await sign("--key", "alice.key", ...witnesses));
    succeed("verify", await verify("--key", "alice.pub"));
    const proven = succeed("verify", await verify("--key", "alice.pub", ...trust, "--format", "json"));
    expect((JSON.parse(proven.stdout) as Verified).verified).toMatchObject([
      { times: [{ authority: sigstore.tsaUrl }], logEntries: [{ log: sigstore.url, kind: "hashedrekord" }] },
    ]);
  });

  it("a policy trusts people by certificate, and names them", async () => {
    const policy = readFileSync(project.path("mreg.policy.yaml"), "utf8");
    const identity = `  release:\n    person: acme-ci\n    issuer: ${testIssuer}\n    identity: ${testSubject}\n`;
    writeFileSync(project.path("keyless.yaml"), policy.replace(/^identities:\n/m, `identities:\n${identity}`));
    const run = succeed("verify", await verify("--policy", "keyless.yaml", ...trust, "--format", "json"));
    const { verified } = JSON.parse(run.stdout) as Verified;
    expect(verified).toContainEqual(expect.objectContaining({ name: "release", person: "acme-ci" }));
  });
});
