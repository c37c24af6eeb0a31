import { generateKeyPairSync } from "node:crypto";
import { cpSync, mkdirSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { projectAt, succeed } from "../support/cli/project.ts";
import type { Workspace } from "../support/cli/workspace.ts";
import { need } from "./support/peers.ts";
import { run, runOk } from "./support/run.ts";

/** model_signing of PyPI on what mreg wrote, and mreg on what model_signing wrote. */
describe("model_signing", () => {
  let project: Workspace;
  beforeAll(async () => {
    project = await projectAt("pushed");
  });
  afterAll(() => project.remove());
  const mreg = async (...args: string[]) => succeed(args.join(" "), await project.mreg(args));

  test("accepts the directory that `pull --oms` wrote, and says what was added to it", async (context) => {
    const modelSigning = need(context, "model_signing");
    await mreg("sign", "risk:v1", "--key", "alice.key", "--oms");
    await mreg("pull", "risk:v1", "--oms", "-o", "pulled", "--verify-key", "alice.pub");
    const verify = ["verify", "key", "pulled", "--signature", "pulled/model.sig", "--public_key"];
    const at = { cwd: project.directory };
    await runOk(modelSigning, [...verify, "alice.pub"], at);
    expect((await run(modelSigning, [...verify, "mike.pub"], at)).code).not.toBe(0);
    writeFileSync(project.path("pulled", "extra"), "x");
    const { code, stderr } = await run(modelSigning, [...verify, "alice.pub"], at);
    expect(code).not.toBe(0);
    expect(stderr).toContain("Extra files found in model 'pulled': extra");
  });

  test("accepts a model whose small files travel in an archive", async (context) => {
    const modelSigning = need(context, "model_signing");
    mkdirSync(project.path("many", "vocab"), { recursive: true });
    cpSync(project.path("model"), project.path("many"), { recursive: true });
    for (let at = 0; at < 300; at++) writeFileSync(project.path("many", "vocab", `${at} 模型.txt`), `${at}`);
    await mreg("push", "many", "many");
    await mreg("sign", "many:v1", "--key", "alice.key", "--oms");
    await mreg("pull", "many:v1", "--oms", "-o", "many-pulled");
    const verify = [
      "verify",
      "key",
      "many-pulled",
      "--signature",
      "many-pulled/model.sig",
      "--public_key",
      "alice.pub",
    ];
    await runOk(modelSigning, verify, { cwd: project.directory });
    await mreg("verify", "--oms", "many-pulled", "--key", "alice.pub");
  });

  test.for(["prime256v1", "secp384r1"])(
    "mreg verifies what it signed on %s, and names what was added",
    async (curve, context) => {
      const modelSigning = need(context, "model_signing");
      const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: curve });
      writeFileSync(project.path("ms.key"), privateKey.export({ type: "pkcs8", format: "pem" }));
      writeFileSync(project.path("ms.pub"), publicKey.export({ type: "spki", format: "pem" }));
      cpSync(project.path("model"), project.path(curve), { recursive: true });
      writeFileSync(project.path(curve, ".gitattributes"), "never looked at");
      const sign = ["sign", "key", curve, "--signature", `${curve}/model.sig`, "--private_key", "ms.key"];
      await runOk(modelSigning, sign, { cwd: project.directory });
      await mreg("verify", "--oms", curve, "--key", "ms.pub");
      writeFileSync(project.path(curve, "extra"), "x");
      const refused = await project.mreg(["verify", "--oms", curve, "--key", "ms.pub"]);
      expect(refused).toMatchObject({ exitCode: 4, stderr: expect.stringContaining("not signed: extra") });
    },
  );
});
