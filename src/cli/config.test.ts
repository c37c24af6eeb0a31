import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { absoluteLocation, defaultRegistry, loadConfig } from "./config.ts";

describe("mreg.yaml", () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "mreg-config-"));
  });
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  const write = (text: string) => writeFileSync(join(directory, "mreg.yaml"), text);

  it("is found from a directory below, and its paths are relative to itself", async () => {
    write("registry: oci:./store\npolicy: p.yaml\nsigning: {key: k.key}\nmodel: {owner: risk-team}\n");
    const below = join(directory, "a", "b");
    mkdirSync(below, { recursive: true });
    expect(await loadConfig(below)).toEqual({
      registry: `oci:${join(directory, "store")}`,
      policy: join(directory, "p.yaml"),
      signing: { key: join(directory, "k.key") },
      model: { owner: "risk-team" },
    });
  });

  it("leaves a key that is no file as it is", async () => {
    write("signing: {key: 'env://SIGNING_KEY'}\n");
    expect(await loadConfig(directory)).toEqual({ signing: { key: "env://SIGNING_KEY" } });
  });

  it("may be empty, or hold comments alone", async () => {
    write("# nothing yet\n");
    expect(await loadConfig(directory)).toEqual({});
  });

  it.each([
    ["an unknown key", "regsitry: x\n", /regsitry/],
    ["a value of another type", "registry: [a]\n", /registry/],
    ["broken YAML", "registry: [a\n", /not valid YAML/],
    ["an alias, which could be a bomb", "a: &a x\nregistry: *a\n", /not valid/],
    ["a file that is far too long", `# ${"x".repeat(70_000)}\n`, /longer than/],
  ])("with %s is a usage error that says where", async (_what, text, says) => {
    write(text);
    await expect(loadConfig(directory)).rejects.toMatchObject({ code: "USAGE", message: expect.stringMatching(says) });
  });
});

describe("locations", () => {
  it("a directory becomes absolute, a host stays", () => {
    expect(absoluteLocation("oci:./store", "/work")).toBe("oci:/work/store");
    expect(absoluteLocation("registry.example.com/ml", "/work")).toBe("registry.example.com/ml");
  });

  it.each([
    [{ XDG_DATA_HOME: "/data", HOME: "/home/a" }, "oci:/data/mreg/store"],
    [{ HOME: "/home/a" }, "oci:/home/a/.local/share/mreg/store"],
  ])("the default store for %j is %s", (env, location) => {
    expect(defaultRegistry(env)).toBe(location);
  });
});
