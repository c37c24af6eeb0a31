import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { catalog } from "../../src/cli/catalog.ts";
import { projectAt, succeed } from "../support/cli/project.ts";
import { Workspace } from "../support/cli/workspace.ts";

/** The contract of design/cli.md that holds for every command. */
describe("the command line", () => {
  let project: Workspace;
  beforeAll(async () => {
    project = await projectAt("pushed");
  });
  afterAll(() => project.remove());

  it("prints its version alone", async () => {
    const { exitCode, stdout, stderr } = await project.mreg(["--version"]);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
    expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  it("lists every command in its help", async () => {
    const { exitCode, stdout } = await project.mreg(["--help"]);
    expect(exitCode).toBe(0);
    expect(catalog.filter(({ name }) => !new RegExp(`^  ${name} `, "m").test(stdout))).toEqual([]);
  });

  it("has every command in the README's table, which says that others do not exist", () => {
    const readme = readFileSync(new URL("../../README.md", import.meta.url), "utf8");
    const firstCells = [...readme.matchAll(/^\| (`[^|]*) \|/gm)].map(([, cell]) => cell ?? "");
    const named = new Set(firstCells.flatMap((cell) => [...cell.matchAll(/`([a-z]+)/g)].map(([, name]) => name)));
    expect([...named].toSorted()).toEqual(catalog.map(({ name }) => name).toSorted());
  });

  it.each([
    [["nonsense"], "unknown command"],
    [["push"], "missing required argument"],
    [["push", "risk", "model", "--nonsense"], "unknown option"],
    [["attach", "risk:v1", "--type", "nonsense", "x"], "Allowed choices"],
    [["list", "--format", "xml"], "expected text or json"],
    [["pull", "risk"], "expected a version"],
  ])("%j is a usage error: exit 2, reason on stderr, nothing on stdout", async (args, reason) => {
    const { exitCode, stdout, stderr } = await project.mreg(args);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: "" });
    expect(stderr).toContain(reason);
  });

  it("shows an error as one line of JSON under --format json", async () => {
    const { exitCode, stdout, stderr } = await project.mreg(["resolve", "risk:v9", "--format", "json"]);
    expect({ exitCode, stdout }).toEqual({ exitCode: 5, stdout: "" });
    expect(JSON.parse(stderr)).toMatchObject({ kind: "error", schemaVersion: 1, code: "NOT_FOUND", exitCode: 5 });
  });

  it("says in text what failed, its code and one thing to try", async () => {
    const { stderr } = await project.mreg(["resolve", "risk:v9"]);
    expect(stderr).toMatch(/^mreg: .*v9.* \[NOT_FOUND\]\n {2}try: .*mreg list/);
  });

  it("prints only the result on stdout, and no escape sequences without a terminal", async () => {
    const { stdout } = await project.mreg(["resolve", "risk:v1"], { env: { NO_COLOR: undefined } });
    expect(stdout).toMatch(/^risk@sha256:[0-9a-f]{64}\n$/);
  });

  it("accepts models:/ URIs and full layout references", async () => {
    const plain = await project.mreg(["resolve", "risk:v1", "--registry", "oci:./store"]);
    const sugar = await project.mreg(["resolve", "models:/risk/1"]);
    const layout = await project.mreg(["resolve", "oci:./store/risk:v1", "--format", "json"]);
    expect(sugar.stdout).toBe(plain.stdout);
    expect(plain.stdout).toContain(JSON.parse(layout.stdout).digest);
  });

  it("speaks of one file in the singular", async () => {
    const pull = ["pull", "risk:v1", "-o", "one", "--include", "config.json"];
    expect((await project.mreg(pull)).stdout).toMatch(/^1 file, \d+ B to \S+\n/);
    expect((await project.mreg(pull)).stdout).toMatch(/^0 files, 0 B to \S+; 1 file was there already\n/);
  });

  it("speaks of one statement in the singular", async () => {
    const own = await projectAt("pushed");
    onTestFinished(() => own.remove());
    const emergency = "--break-glass --incident INC-1 --reason outage --expires 1h --key mike.key";
    for (const line of [
      "mreg sign risk:v1",
      "mreg approve risk:v1 --to production --kind break-glass --key lea.key",
      `mreg promote risk:v1 --to production ${emergency}`,
    ])
      succeed(line, await own.line(line));
    expect((await own.line("mreg log risk")).stdout).toContain("; 1 statement; policy models@1;");
  });

  it("keeps notes and progress off under --quiet", async () => {
    const { exitCode, stderr } = await project.mreg(["push", "risk", "model", "--quiet"]);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
  });

  it("shows progress on a terminal, and ends on one that has no width", async (context) => {
    const probe = await project.shell("command -v script");
    if (probe.exitCode !== 0 || process.platform !== "linux") context.skip("needs script(1) of util-linux");
    const onTerminal = (size: string, line: string) =>
      project.shell(`script -qec '${size}${line}' /dev/null`, { env: { CI: undefined, TERM: "xterm" } });
    const wide = await onTerminal("stty cols 120; ", "mreg push wide model");
    expect(wide).toMatchObject({ exitCode: 0 });
    expect(wide.stdout).toMatch(/(?:hashing|pushing) \d of \d files/);
    // ora divides by the width and would then clear infinitely many lines.
    expect(await onTerminal("", "mreg push narrow model")).toMatchObject({ exitCode: 0 });
  });

  it("on a Node that is too old, says so in one line and ends with 2", async () => {
    const fake = `Object.defineProperty(process.versions,"node",{value:"20.20.2"})`;
    const old = await project.process(["--version"], {
      env: { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(fake)}` },
    });
    expect(old).toEqual({
      exitCode: 2,
      stdout: "",
      stderr: "mreg needs Node ^22.22.2 || ^24.15.0 || >=26, this is 20.20.2\n",
    });
  });

  it("without a registry anywhere, uses the embedded store in the user's data directory", async () => {
    const empty = new Workspace();
    const { stdout } = await empty.mreg(["list", "--format", "json"]);
    expect(JSON.parse(stdout)).toMatchObject({
      registry: `oci:${empty.path(".home/.local/share/mreg/store")}`,
      models: [],
    });
    empty.remove();
  });
});
