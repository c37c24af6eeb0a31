import { execFile } from "node:child_process";
import { chmod, mkdir, readdir, readFile, stat, symlink, utimes, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
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
    ["an entry that is a text", { auths: { r: {}, other: "s3cret" } }],
    ...["auth", "username", "password", "identitytoken", "registrytoken"].map(
      (field) => [`${field} that is no text`, { auths: { r: { [field]: ["s3cret"] } } }] as const,
    ),
    ["helpers that are a list", { credHelpers: ["s3cret"] }],
    ["a helper that is no text", { credHelpers: { r: { s3cret: 1 } } }],
    ["a store that is no text", { credsStore: null, s3cret: 1 }],
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
    ["answers with a list", `echo '["s3cret"]'`, "without Username and Secret"],
    ["answers with a number", `echo '{"Username":"s3cret","Secret":1}'`, "without Username and Secret"],
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

describe("DockerCredentials: paths, as podman keeps them", () => {
  const user = (username: string) => ({ username, password: "pw" });
  const podman = {
    auths: {
      "q.example": user("all"),
      "q.example/ml": user("ml"),
      "q.example/ml/risk": user("risk"),
      "Other.example:5000/team/": user("team"),
    },
  };
  const rows: readonly (readonly [string, string | undefined, string | undefined])[] = [
    ["q.example", undefined, "all"],
    ["q.example", "ml", "ml"],
    ["q.example", "ml/fraud", "ml"],
    ["q.example", "ml/risk", "risk"],
    ["q.example", "ml/risk/v2/weights", "risk"],
    ["q.example", "ml/risky", "ml"],
    ["q.example", "mlops/risk", "all"],
    ["q.example:443", "ml/risk", undefined],
    ["other.example:5000", "team/a", "team"],
    ["other.example:5000", "team2/a", undefined],
    ["other.example:5000", undefined, undefined],
  ];
  for (const [host, repository, expected] of rows) {
    it(`${host} ${repository ?? "(no repository)"} is ${expected ?? "anonymous"}`, async () => {
      const { credentials } = await withConfig(podman);
      expect(await credentials.get(host, repository)).toEqual(expected && user(expected));
    });
  }

  it("a path goes before the host's keychain, and a path's helper before both", async () => {
    const { directory, credentials } = await withConfig({
      auths: { "r/a": user("path"), "r/b": user("path") },
      credsStore: "all",
      credHelpers: { "r/b": "path" },
    });
    await addHelper(directory, "all", `echo '{"Username":"keychain","Secret":"pw"}'`);
    await addHelper(directory, "path", `echo '{"Username":"helper","Secret":"pw"}'`);
    expect(await credentials.get("r", "a")).toEqual(user("path"));
    expect(await credentials.get("r", "b/c")).toEqual(user("helper"));
    expect(await credentials.get("r", "c")).toEqual(user("keychain"));
  });

  it("keeps and forgets a path without touching its host", async () => {
    const { credentials } = await withConfig(podman);
    expect(await credentials.store("q.example/new", ann)).toMatch(/config.json$/);
    expect(await credentials.get("q.example", "new/x")).toEqual(ann);
    expect(await credentials.erase("q.example/new")).toBe(true);
    expect(await credentials.get("q.example", "new/x")).toEqual(user("all"));
    expect(await credentials.erase("q.example/new")).toBe(false);
  });

  it("does not write a path's secret to a file beside a keychain", async () => {
    const { file, credentials } = await withConfig({ credsStore: "all" });
    expect((await rejectsWith(credentials.store("r/team", ann), "UNAUTHORIZED")).message).toContain("keychain");
    expect(await readFile(file, "utf8")).not.toContain("auth");
  });
});

describe("DockerCredentials: several sources", () => {
  it("the inline one goes first, then the files in order; each says where", async () => {
    const first = await withConfig({ auths: { a: ann, "b/x": ann } });
    const second = await withConfig({ auths: { b: ann, c: ann } });
    const inline = { name: "DOCKER_AUTH_CONFIG", text: JSON.stringify({ auths: { c: { auth: code("ci:pw") } } }) };
    const credentials = new DockerCredentials({ files: [first.file, second.file], inline });
    expect(await credentials.get("c")).toEqual({ username: "ci", password: "pw" });
    expect(await credentials.placeOf("c")).toBe("DOCKER_AUTH_CONFIG");
    expect(await credentials.placeOf("a")).toBe(first.file);
    expect(await credentials.placeOf("b")).toBe(second.file);
    expect(await credentials.placeOf("b", "x")).toBe(first.file);
    expect(await credentials.placeOf("d")).toBeUndefined();
  });

  it("an inline one that is none is an error that does not quote it", async () => {
    const inline = { name: "DOCKER_AUTH_CONFIG", text: '{"auths":{"r":{"auth":"s3cret' };
    const error = await rejectsWith(new DockerCredentials({ files: [], inline }).get("r"), "UNAUTHORIZED");
    expect(error.message).toContain("DOCKER_AUTH_CONFIG");
    expect(error.message).not.toContain("s3cret");
  });

  it("writes only to the first file, and forgets only there", async () => {
    const first = await withConfig({});
    const second = await withConfig({ auths: { r: { auth: code("old:pw") } } });
    const credentials = new DockerCredentials({ files: [first.file, second.file] });
    expect(await credentials.erase("r")).toBe(false);
    await credentials.store("r", ann);
    expect(await credentials.get("r")).toEqual(ann);
    expect(await credentials.erase("r")).toBe(true);
    expect(await credentials.get("r")).toEqual({ username: "old", password: "pw" });
  });
});

describe("DockerCredentials: forgets", () => {
  it("every spelling of a host, and says whether there was anything", async () => {
    const { credentials, read } = await withConfig({
      auths: { r: ann, "https://r/v1/": ann, "R/v2/": {}, "r/team": ann, other: ann },
    });
    expect(await credentials.erase("r")).toBe(true);
    expect(await credentials.erase("r")).toBe(false);
    expect(await read()).toEqual({ auths: { "r/team": ann, other: ann } });
  });

  it("an empty entry beside a keychain is no credential", async () => {
    const { directory, credentials } = await withConfig({ auths: { r: {} }, credsStore: "all" });
    await addHelper(directory, "all");
    expect(await credentials.erase("r")).toBe(false);
    expect(await credentials.store("r", ann)).toBe("docker-credential-all");
    expect(await credentials.erase("r")).toBe(true);
  });

  it("does not make a file to forget something in", async () => {
    const { file, credentials } = await withConfig(undefined);
    expect(await credentials.erase("r")).toBe(false);
    expect(await readdir(dirname(file))).toEqual([]);
  });
});

describe("DockerCredentials: writers at the same time", () => {
  it("lose nothing of one another, whatever they add and forget", async () => {
    const { file, read } = await withConfig({ auths: { gone: ann }, credHelpers: { x: "y" } });
    const writers = Array.from({ length: 20 }, (_none, at) =>
      new DockerCredentials({ files: [file] }).store(`host-${at}`, { username: `user-${at}`, password: "pw" }),
    );
    await Promise.all([...writers, new DockerCredentials({ files: [file] }).erase("gone")]);
    const { auths, credHelpers } = (await read()) as { auths: object; credHelpers: object };
    expect(Object.keys(auths).sort()).toEqual(Array.from({ length: 20 }, (_none, at) => `host-${at}`).sort());
    expect(credHelpers).toEqual({ x: "y" });
    expect((await readdir(dirname(file))).sort()).toEqual(["config.json"]);
  });

  it("of other processes lose nothing either", async () => {
    const { file, read } = await withConfig({ auths: {} });
    const module = new URL("./docker-credentials.ts", import.meta.url).href;
    const program = `
      const { DockerCredentials } = await import(${JSON.stringify(module)});
      const [file, name] = process.argv.slice(1);
      for (let at = 0; at < 5; at++)
        await new DockerCredentials({ files: [file] }).store(name + "-" + at, { username: "u", password: "p" });`;
    const run = promisify(execFile);
    await Promise.all(
      ["a", "b", "c"].map((name) => run(process.execPath, ["--input-type=module", "--eval", program, file, name])),
    );
    const { auths } = (await read()) as { auths: object };
    expect(Object.keys(auths).sort()).toEqual(
      ["a", "b", "c"].flatMap((name) => [0, 1, 2, 3, 4].map((at) => `${name}-${at}`)),
    );
  });

  it("the lock of a process that died is taken over", async () => {
    const { file, credentials } = await withConfig({ auths: {} });
    await mkdir(`${file}.lock`);
    const longAgo = new Date(Date.now() - 60_000);
    await utimes(`${file}.lock`, longAgo, longAgo);
    await credentials.store("r", ann);
    expect(await credentials.get("r")).toEqual(ann);
  });

  it("one that never lets go is waited for only so long, and named", async () => {
    const { file } = await withConfig({ auths: {} });
    await mkdir(`${file}.lock`);
    const soon = new Date(Date.now() + 60_000);
    await utimes(`${file}.lock`, soon, soon);
    const credentials = new DockerCredentials({ files: [file], lockWaitMs: 50 });
    expect((await rejectsWith(credentials.store("r", ann), "UNAUTHORIZED")).message).toContain("another writer");
    expect(await readFile(file, "utf8")).toBe('{"auths":{}}');
  });
});

describe("DockerCredentials: files that are none", () => {
  it("a directory, and a path below a file", async () => {
    const { directory, file } = await withConfig({ auths: {} });
    const inDirectory = new DockerCredentials({ files: [directory] });
    expect((await rejectsWith(inDirectory.get("r"), "UNAUTHORIZED")).message).toContain("cannot be read");
    const below = new DockerCredentials({ files: [join(file, "config.json")] });
    expect(await below.get("r")).toBeUndefined();
    expect((await rejectsWith(below.store("r", ann), "UNAUTHORIZED")).message).toContain("cannot be written");
  });

  it("one that is far too long", async () => {
    const { credentials } = await withConfig(" ".repeat(1024 * 1024 + 1));
    expect((await rejectsWith(credentials.get("r"), "UNAUTHORIZED")).message).toContain("is longer than");
  });

  it("none at all", async () => {
    const credentials = new DockerCredentials({ files: [] });
    expect(await credentials.get("r")).toBeUndefined();
    await rejectsWith(credentials.store("r", ann), "UNAUTHORIZED");
    await rejectsWith(credentials.erase("r"), "UNAUTHORIZED");
  });
});
