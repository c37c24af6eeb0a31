import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { projectAt, succeed } from "../support/cli/project.ts";
import type { Workspace } from "../support/cli/workspace.ts";
import { onRegistries } from "./support/on-registries.ts";
import { need } from "./support/peers.ts";
import { runOk } from "./support/run.ts";

describe("mreg cp -r: the history of the embedded store on real registries", () => {
  onRegistries((host) => {
    let project: Workspace;
    beforeAll(async () => {
      project = await projectAt("serving");
      await mreg(`cp -r risk ${host()}/copied/risk`);
    });
    afterAll(() => project.remove());

    const mreg = async (line: string) => succeed(line, await project.mreg(line.split(" "))).stdout;
    const story = async (registry: string) => {
      const status = JSON.parse(await mreg(`--registry ${registry} --format json status risk`));
      const log = JSON.parse(await mreg(`--registry ${registry} --format json log risk`));
      const { state } = JSON.parse(
        await mreg(`--registry ${registry} --format json verify risk:v1 --state production`),
      );
      return { models: status.models, entries: log.entries, state };
    };

    test("verifies there as it did at home", async () => {
      const there = await story(`${host()}/copied`);
      expect(there.models[0]).toMatchObject({ serving: "v1", anomalies: [], head: { sequence: 2 } });
      expect(there).toEqual(await story("oci:./store"));
    });

    test("moves nothing when it runs again", async () => {
      const again = JSON.parse(await mreg(`cp -r risk ${host()}/copied/risk --format json`));
      expect(again).toMatchObject({ bytes: 0, tags: [], manifests: { copied: 0 }, blobs: { copied: 0 } });
    });

    test("goes on to the next registry path and home again, to the same story", async () => {
      await mreg(`cp -r ${host()}/copied/risk ${host()}/next/risk`);
      await mreg(`cp -r ${host()}/next/risk oci:./home/risk`);
      expect(await story("oci:./home")).toEqual(await story("oci:./store"));
    });

    test("cosign verifies the copy", async (context) => {
      const cosign = need(context, "cosign");
      const digest = /sha256:[0-9a-f]{64}/.exec(await mreg(`--registry ${host()}/copied resolve risk:v1`))?.[0];
      const key = project.path("alice.pub");
      await runOk(cosign, ["verify", "--key", key, "--insecure-ignore-tlog=true", `${host()}/copied/risk@${digest}`]);
    });

    test("oras pulls the copy", async (context) => {
      const oras = need(context, "oras");
      await runOk(oras, ["pull", "--plain-http", "-o", project.path("by-oras"), `${host()}/copied/risk:v1`]);
    });
  });
});
