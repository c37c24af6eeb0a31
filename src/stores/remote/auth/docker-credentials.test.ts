import { chmod, mkdir, readFile, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { rejectsWith } from "../../../../test/support/expect.ts";
import { scratchDirectory } from "../../../../test/support/scratch.ts";
import type { Credential } from "./credentials.ts";
import { DockerCredentials } from "./docker-credentials.ts";

const code = (text: string) => Buffer.from(text).toString("base64");
const ann = { username: "ann", password: "s3cret" };

async function withConfig(config: unknown, options: { helperLimitMs?: number } = {}) {
  const directory = await scratchDirectory();
  const file = join(directory, "config.json");
  if (config !== undefined) await writeFile(file, typeof config === "string" ? config : JSON.stringify(config));
  const credentials = new DockerCredentials({ files: [file], helperPath: directory, ...options });
  return { directory, file, credentials, read: async () => JSON.parse(await readFile(file, "utf8")) as unknown };
}

/** A helper that keeps what it is told in files beside itself, one per server. */
async function addHelper(directory: string, suffix: string, script?: string): Promise<void> {
  const path = join(directory, `docker-credential-${suffix}`);
  const keeper = `
    cd "${directory}" || exit 9
    input=$(cat)
    case "$1" in
      get) name=$(printf %s "$input" | tr -c 'a-zA-Z0-9.' _); cat "kept-$name" 2>/dev/null || { echo "credentials not found in native keychain"; exit 1; } ;;
      store) server=$(printf %s "$input" | sed 's/.*"ServerURL":"\\([^"]*\\)".*/\\1/'); printf %s "$input" > "kept-$(printf %s "$server" | tr -c 'a-zA-Z0-9.' _)" ;;
      erase) rm -f "kept-$(printf %s "$input" | tr -c 'a-zA-Z0-9.' _)" ;;
    esac`;
  await writeFile(path, `#!/bin/sh\n${script ?? keeper}\n`);
  await chmod(path, 0o755);
}

describe("DockerCredentials: reads", () => {
  const rows: readonly (readonly [string, unknown, string, Credential | undefined])[] = [
    ["auth", { auths: { "r.example": { auth: code("ann:s3cret") } } }, "r.example", ann],
    [
      "auth with a colon in the password",
      { auths: { r: { auth: code("ann:a:b") } } },
      "r",
      { username: "ann", password: "a:b" },
    ],
    ["auth that ends with NUL", { auths: { r: { auth: code("ann:s3cret\0") } } }, "r", ann],
    ["username and password", { auths: { r: ann } }, "r", ann],
    ["an identity token", { auths: { r: { auth: code("ann:"), identitytoken: "it" } } }, "r", { identityToken: "it" }],
    ["a password without a user", { auths: { r: { auth: code(":it") } } }, "r", { identityToken: "it" }],
    ["an access token", { auths: { r: { registrytoken: "rt" } } }, "r", { registryToken: "rt" }],
    ["a key that is a URL", { auths: { "https://R.example/v1/": ann } }, "r.example", ann],
    ["a key with /v2/", { auths: { "r.example:5000/v2/": ann } }, "r.example:5000", ann],
    ["Docker Hub under its old name", { auths: { "https://index.docker.io/v1/": ann } }, "docker.io", ann],
    ["the exact key before a URL", { auths: { "https://r/": { auth: code("x:y") }, r: ann } }, "r", ann],
    ["nothing for another port", { auths: { "r.example": ann } }, "r.example:5000", undefined],
    ["nothing from a key with a path", { auths: { "r.example/team": ann } }, "r.example", undefined],
    ["nothing from an empty entry", { auths: { r: {} } }, "r", undefined],
    ["nothing without a file", undefined, "r", undefined],
    ["nothing from an empty file", "", "r", undefined],
    ["nothing from {}", {}, "r", undefined],
  ];
  for (const [what, config, host, expected] of rows) {
    it(what, async () => {
      const { credentials } = await withConfig(config);
      expect(await credentials.get(host)).toEqual(expected);
    });
  }

  it("the files one after the other", async () => {
    const first = await withConfig({ auths: { a: ann } });
    const second = await withConfig({ auths: { a: { auth: code("x:y") }, b: { auth: code("b:c") } } });
    const both = new DockerCredentials({ files: [first.file, second.file] });
    expect(await both.get("a")).toEqual(ann);
    expect(await both.get("b")).toEqual({ username: "b", password: "c" });
  });

  for (const [what, config] of [
    ["no JSON", '{"auths":{"r":{"auth":"s3cret'],
    ["auths that are none", { auths: { r: "s3cret" } }],
    ["a list", [1]],
  ] as const) {
    it(`refuses ${what}, without quoting it`, async () => {
      const { credentials, file } = await withConfig(config);
      const error = await rejectsWith(credentials.get("r"), "UNAUTHORIZED");
      expect(error.message).toContain(file);
      expect(`${error.message} ${String(error.cause)}`).not.toContain("s3cret");
    });
  }
});

describe("DockerCredentials: helpers", () => {
  it("keep, give and forget; credHelpers comes before credsStore and that before auths", async () => {
    const { directory, credentials, read } = await withConfig({
      auths: { "r.example": { auth: code("file:file") } },
      credsStore: "all",
      credHelpers: { "special.example": "one" },
    });
    await addHelper(directory, "all");
    await addHelper(directory, "one");
    expect(await credentials.get("r.example")).toEqual({ username: "file", password: "file" });
    await credentials.store("r.example", ann);
    expect(await credentials.get("r.example")).toEqual(ann);
    await credentials.store("special.example", { identityToken: "it" });
    await addHelper(directory, "all", "echo broken; exit 1");
    expect(await credentials.get("special.example")).toEqual({ identityToken: "it" });
    expect(JSON.stringify(await read())).not.toContain("s3cret");
    await addHelper(directory, "all");
    await credentials.erase("r.example");
    expect(await credentials.get("r.example")).toBeUndefined();
  });

  it("a helper is never found by a path, and never by a shell", async () => {
    for (const suffix of ["../evil", "a/b", "x;touch y", "", " ", "-x"]) {
      const { credentials } = await withConfig({ credHelpers: { r: suffix || " " } });
      await rejectsWith(credentials.get("r"), "UNAUTHORIZED");
    }
  });

  it("a missing program is named", async () => {
    const { credentials } = await withConfig({ credsStore: "nowhere" });
    expect((await rejectsWith(credentials.get("r"), "UNAUTHORIZED")).message).toContain("docker-credential-nowhere");
    const { file } = await withConfig({ credsStore: "mreg-nowhere" });
    const systemWide = new DockerCredentials({ files: [file] });
    expect((await rejectsWith(systemWide.get("r"), "UNAUTHORIZED")).message).toContain(
      "docker-credential-mreg-nowhere",
    );
  });

  for (const [what, script, message] of [
    ["fails", "echo 'keychain is locked'; exit 1", "keychain is locked"],
    ["answers nonsense", `echo '{"Username":"ann","Secret":"s3cret'`, "did not answer with JSON"],
    ["answers half", `echo '{"Username":"s3cret"}'`, "without Username and Secret"],
    ["says too much", "yes s3cret | head -c 3000000", "was stopped"],
    ["never ends", "sleep 600", "no answer within"],
  ] as const) {
    it(`a helper that ${what} is an error without secrets`, async () => {
      const { directory, credentials } = await withConfig(
        { credsStore: "odd" },
        { helperLimitMs: what === "never ends" ? 300 : 10_000 },
      );
      await addHelper(directory, "odd", script);
      const error = await rejectsWith(credentials.get("r"), "UNAUTHORIZED");
      expect(error.message).toContain(message);
      expect(`${error.message} ${String(error.cause)}`).not.toContain("s3cret");
    });
  }

  it("a failing store does not repeat the secret it was given", async () => {
    const { directory, credentials } = await withConfig({ credsStore: "odd" });
    await addHelper(directory, "odd", "cat; exit 1");
    const error = await rejectsWith(credentials.store("r", ann), "UNAUTHORIZED");
    expect(error.message).not.toContain("s3cret");
  });
});

describe("DockerCredentials: writes", () => {
  it("keeps unknown fields, and makes the file readable by its owner only", async () => {
    const { file, credentials, read } = await withConfig({
      auths: { "https://r.example/v1/": { auth: "old", identitytoken: "old", email: "a@b" }, other: { x: 1 } },
      psFormat: "table",
      proxies: { default: { httpProxy: "http://p" } },
    });
    await credentials.store("r.example", ann);
    expect(await read()).toEqual({
      auths: { "https://r.example/v1/": { email: "a@b", auth: code("ann:s3cret") }, other: { x: 1 } },
      psFormat: "table",
      proxies: { default: { httpProxy: "http://p" } },
    });
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(await credentials.get("r.example")).toEqual(ann);
  });

  it("makes file and directory when there are none, and forgets again", async () => {
    const directory = join(await scratchDirectory(), "deep", ".docker");
    const file = join(directory, "config.json");
    const credentials = new DockerCredentials({ files: [file] });
    for (const credential of [ann, { identityToken: "it" }, { registryToken: "rt" }]) {
      await credentials.store("docker.io", credential);
      expect(await credentials.get("docker.io")).toEqual(credential);
    }
    expect((await stat(directory)).mode & 0o777).toBe(0o700);
    expect(Object.keys((JSON.parse(await readFile(file, "utf8")) as { auths: object }).auths)).toEqual([
      "https://index.docker.io/v1/",
    ]);
    await credentials.erase("docker.io");
    await credentials.erase("docker.io");
    expect(await credentials.get("docker.io")).toBeUndefined();
  });

  it("writes through a symbolic link", async () => {
    const { directory, file } = await withConfig({ auths: {} });
    await mkdir(join(directory, "home"));
    const link = join(directory, "home", "config.json");
    await symlink(file, link);
    await new DockerCredentials({ files: [link] }).store("r", ann);
    expect(await new DockerCredentials({ files: [file] }).get("r")).toEqual(ann);
  });

  it("does not touch a file it cannot read", async () => {
    const { file, credentials } = await withConfig("{ broken");
    await rejectsWith(credentials.store("r", ann), "UNAUTHORIZED");
    expect(await readFile(file, "utf8")).toBe("{ broken");
  });
});
