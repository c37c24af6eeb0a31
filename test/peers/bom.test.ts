import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { projectAt, succeed } from "../support/cli/project.ts";
import type { Workspace } from "../support/cli/workspace.ts";
import { need } from "./support/peers.ts";
import { run, runOk } from "./support/run.ts";

/** The libraries of CycloneDX and SPDX on what `mreg sbom` writes. */
describe("bills of materials", () => {
  let project: Workspace;
  beforeAll(async () => {
    project = await projectAt("evidenced");
  });
  afterAll(() => project.remove());
  const mreg = async (...args: string[]) => succeed(args.join(" "), await project.mreg(args));

  test("cyclonedx-python-lib validates the one strictly, spdx-python-model knows every object of the other", async (context) => {
    const python = join(dirname(need(context, "cyclonedx-py")), "python");
    await mreg("sbom", "risk:v1", "-o", "bom.cdx.json");
    await mreg("sbom", "risk:v1", "--as", "spdx", "-o", "bom.spdx.json");
    const check = join(import.meta.dirname, "support", "bom-check.py");
    const at = { cwd: project.directory };
    const found = JSON.parse(await runOk(python, [check, "bom.cdx.json", "bom.spdx.json"], at));
    expect(found).toMatchObject({
      cyclonedx: null,
      models: expect.arrayContaining(["risk", "example/tiny-bert"]),
      datasets: ["loan-applications"],
      unknown: [],
    });
    expect(found.files).toBeGreaterThan(2);
    // The check can fail: SPDX is no CycloneDX.
    const { code, stdout } = await run(python, [check, "bom.spdx.json", "bom.spdx.json"], at);
    expect(code !== 0 || JSON.parse(stdout).cyclonedx !== null).toBe(true);
  });
});
