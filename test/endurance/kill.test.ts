import { readFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { parsePolicy, readChain, readStatus } from "../../src/lifecycle/index.ts";
import { checkContents } from "../../src/oci/check-contents.ts";
import type { Repository } from "../../src/oci/content.ts";
import { openTarget } from "../../src/open.ts";
import { projectAt, succeed } from "../support/cli/project.ts";
import type { Workspace } from "../support/cli/workspace.ts";
import { type RunningRegistry, startRegistry } from "../support/registry/index.ts";

/** Points in the life of a copy at which it is killed, as parts of an undisturbed run. */
const points = Array.from({ length: 20 }, (_, at) => (at + 0.5) / 20);

describe("mreg cp -r, killed at any point and run again", () => {
  let project: Workspace;
  let registry: RunningRegistry;
  beforeEach(async () => {
    project = await projectAt("serving");
    registry = await startRegistry({ referrers: "tag" });
  });
  afterEach(async () => {
    project.remove();
    await registry.close();
  });

  const copyTo = async (location: string) => {
    const line = `cp -r risk ${location}/risk`;
    succeed(line, await project.mreg(line.split(" ")));
  };

  /** Starts a copy and kills it; gives whether it was still running. */
  async function killAfter(delayMs: number, location: string): Promise<boolean> {
    const child = project.start(["cp", "-r", "risk", `${location}/risk`]);
    const ended = new Promise<boolean>((done) => child.on("close", (_code, signal) => done(signal === "SIGKILL")));
    const timer = setTimeout(() => child.kill("SIGKILL"), delayMs);
    const wasKilled = await ended;
    clearTimeout(timer);
    return wasKilled;
  }

  async function withRisk<T>(location: string, work: (risk: Repository) => Promise<T>): Promise<T> {
    const opened = await openTarget(location);
    try {
      return await work(opened.repository("risk"));
    } finally {
      await opened.close();
    }
  }

  it.each(["layout", "registry"] as const)("to a %s: complete, whole, and the same story", async (kind) => {
    const policy = parsePolicy(readFileSync(project.path("mreg.policy.yaml"), "utf8"));
    const original = await withRisk(`oci:${project.path("store")}`, (risk) => readStatus(risk, policy));
    const base = kind === "layout" ? `oci:${project.path("killed")}` : registry.host;
    const started = performance.now();
    await copyTo(`${base}/undisturbed`);
    const wholeMs = performance.now() - started;
    let killed = 0;
    for (const [at, point] of points.entries()) {
      const location = `${base}/try${at}`;
      if (await killAfter(point * wholeMs, location)) killed++;
      // Whatever is there is a shorter history or none, and never a broken one.
      const early = await withRisk(location, (risk) => readChain(risk, policy));
      expect(early.links.length).toBeLessThanOrEqual(2);
      await copyTo(location);
      await withRisk(location, async (risk) => {
        expect(await readStatus(risk, policy)).toEqual(original);
        expect((await checkContents(risk)).problems).toEqual([]);
      });
    }
    expect(killed).toBeGreaterThan(0);
  });
});
