import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { startRegistry } from "../support/registry/index.ts";
import { need } from "./support/peers.ts";
import { run } from "./support/run.ts";

/** The four categories of the suite; the in-process registry claims all of them. */
const categories = {
  OCI_TEST_PULL: "1",
  OCI_TEST_PUSH: "1",
  OCI_TEST_CONTENT_DISCOVERY: "1",
  OCI_TEST_CONTENT_MANAGEMENT: "1",
};

test("conformance: the in-process registry fails nothing of pull, push, discovery and management", async (context) => {
  const program = need(context, "conformance");
  const registry = await startRegistry();
  const reports = await mkdtemp(join(tmpdir(), "mreg-conformance-"));
  try {
    const { code, stdout } = await run(program, [], {
      cwd: reports,
      env: {
        ...categories,
        OCI_ROOT_URL: registry.url,
        OCI_NAMESPACE: "conformance/one",
        OCI_CROSSMOUNT_NAMESPACE: "conformance/two",
        OCI_REPORT_DIR: reports,
      },
    });
    const junit = await readFile(join(reports, "junit.xml"), "utf8");
    expect(code, stdout.slice(-4_000)).toBe(0);
    // A suite that ran nothing would pass as well, so the count is part of the claim.
    expect(junit).toMatch(/ failures="0" errors="0"/);
    expect(Number(/ tests="(\d+)"/.exec(junit)?.[1])).toBeGreaterThanOrEqual(63);
  } finally {
    await registry.close();
    await rm(reports, { recursive: true, force: true });
  }
});
