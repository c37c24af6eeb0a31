import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { collect } from "../src/base/bytes.ts";
import { digestOf } from "../src/base/digest.ts";
import { mediaTypes } from "../src/oci/media-types.ts";
import { emptyJson, packManifest } from "../src/oci/pack.ts";

/**
 * Records what the real cosign writes: keys, signatures and attestations, through a real docker-registry 2.8.
 *
 *     COSIGN=<path of cosign 3.1.2> npx node scripts/make-cosign-goldens.ts
 *
 * Needs `docker-registry` (or its path in DOCKER_REGISTRY) and `openssl`. Signatures are random, so a run makes other
 * bytes than the last one: golden files are only ever added, and the script refuses to touch a folder that exists. To
 * cover another version, run it with that version. All private keys here are test keys with the password below, and
 * trusted by nobody.
 */

const password = "golden";
const cosign = process.env["COSIGN"] ?? "cosign";
const registryProgram = process.env["DOCKER_REGISTRY"] ?? "docker-registry";
const version = /^GitVersion:\s*v(\S+)$/m.exec(execFileSync(cosign, ["version"], { encoding: "utf8" }))?.[1];
const goldens = resolve(import.meta.dirname, `../test/conformance/golden/cosign-${version}`);

/** Without these, cosign uploads to the public log; both are needed together. */
const offline = ["--use-signing-config=false", "--tlog-upload=false", "--yes"];

/** One key of every kind, from the program that makes it. */
const keys: Readonly<Record<string, readonly string[]>> = {
  p384: ["genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384"],
  p521: ["genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-521"],
  rsa: ["genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:3072"],
  ed25519: ["genpkey", "-algorithm", "ED25519"],
};

interface Golden {
  readonly name: string;
  readonly key: string;
  readonly arguments: readonly string[];
}

const attest = (type: string) => ["attest", "--type", type, "--predicate", "predicate.json"];
const cases: readonly Golden[] = [
  { name: "p256-sign", key: "p256", arguments: ["sign"] },
  { name: "p256-sign-annotated", key: "p256", arguments: ["sign", "-a", "ticket=MR-1", "-a", "by=Zoë"] },
  { name: "p256-attest-uri", key: "p256", arguments: attest("https://mreg.dev/eval/v1") },
  { name: "p256-attest-custom", key: "p256", arguments: attest("custom") },
  ...Object.keys(keys).map((key) => ({ name: `${key}-sign`, key, arguments: ["sign"] })),
];

function run(program: string, args: readonly string[], directory: string): string {
  const env = { ...process.env, COSIGN_PASSWORD: password };
  return execFileSync(program, args, { cwd: directory, env, encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] });
}

function makeKeys(directory: string): void {
  run(cosign, ["generate-key-pair", "--output-key-prefix", "p256"], directory);
  for (const [name, args] of Object.entries(keys)) {
    run("openssl", [...args, "-out", `${name}.pem`], directory);
    run(cosign, ["import-key-pair", "--key", `${name}.pem`, "--output-key-prefix", name, "--yes"], directory);
    rmSync(join(directory, `${name}.pem`));
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}

/** Runs `work` against a registry of its own, which ends with it. */
async function withRegistry(work: (host: string) => Promise<void>): Promise<void> {
  const root = mkdtempSync(join(tmpdir(), "cosign-goldens-"));
  const host = `127.0.0.1:${await freePort()}`;
  const config = join(root, "config.yml");
  writeFileSync(
    config,
    `version: 0.1\nlog: {level: error}\nstorage: {filesystem: {rootdirectory: ${root}}}\nhttp: {addr: "${host}"}\n`,
  );
  const registry = spawn(registryProgram, ["serve", config], { stdio: "ignore" });
  try {
    for (let tries = 0; !(await answers(`http://${host}/v2/`)); tries++) {
      if (tries > 100) throw new Error("docker-registry does not answer");
      await sleep(50);
    }
    await work(host);
  } finally {
    registry.kill();
    await once(registry, "exit");
    rmSync(root, { recursive: true });
  }
}

async function answers(url: string): Promise<boolean> {
  return fetch(url).then(
    ({ ok }) => ok,
    () => false,
  );
}

async function expectOk(response: Response): Promise<Response> {
  if (response.ok) return response;
  throw new Error(`${response.url}: ${response.status} ${await response.text()}`);
}

async function pushBlob(repository: string, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
  const started = await expectOk(await fetch(`${repository}/blobs/uploads/`, { method: "POST" }));
  const location = new URL(started.headers.get("location") ?? "", started.url);
  location.searchParams.set("digest", digestOf(bytes));
  await expectOk(await fetch(location, { method: "PUT", body: bytes }));
}

/** The manifest everything is attached to. */
async function pushSubject(repository: string): Promise<Uint8Array<ArrayBuffer>> {
  await pushBlob(repository, new Uint8Array(await collect(emptyJson.open(), 2)));
  const { raw, descriptor } = packManifest({ artifactType: "application/vnd.mreg.golden.v1+json", layers: [] });
  const body = new Uint8Array(raw);
  const headers = { "content-type": descriptor.mediaType };
  await expectOk(await fetch(`${repository}/manifests/${descriptor.digest}`, { method: "PUT", headers, body }));
  return body;
}

async function fetchBytes(url: string): Promise<Buffer> {
  const headers = { accept: `${mediaTypes.imageManifest}, ${mediaTypes.imageIndex}, */*` };
  return Buffer.from(await (await expectOk(await fetch(url, { headers }))).arrayBuffer());
}

/** docker-registry 2.8 knows no referrers, so that cosign keeps them under the fallback tag, in any order. */
async function newReferrer(repository: string, subject: string, seen: Set<string>): Promise<string> {
  const index = JSON.parse((await fetchBytes(`${repository}/manifests/${subject.replace(":", "-")}`)).toString()) as {
    manifests: { digest: string }[];
  };
  const [added, ...others] = index.manifests.map(({ digest }) => digest).filter((digest) => !seen.has(digest));
  if (added === undefined || others.length > 0) throw new Error("expected exactly one new referrer");
  seen.add(added);
  return added;
}

async function record(host: string): Promise<void> {
  const repository = `http://${host}/v2/golden`;
  const subject = await pushSubject(repository);
  writeFileSync(join(goldens, "subject.json"), subject);
  const digest = digestOf(subject);
  const seen = new Set<string>();
  for (const { name, key, arguments: args } of cases) {
    run(cosign, [...args, "--key", `${key}.key`, ...offline, `${host}/golden@${digest}`], goldens);
    const manifest = await fetchBytes(`${repository}/manifests/${await newReferrer(repository, digest, seen)}`);
    const { layers } = JSON.parse(manifest.toString()) as { layers: { digest: string }[] };
    writeFileSync(join(goldens, `${name}.manifest.json`), manifest);
    writeFileSync(join(goldens, `${name}.bundle.json`), await fetchBytes(`${repository}/blobs/${layers[0]?.digest}`));
    console.log(`${name}: ${digestOf(manifest)}`);
  }
}

if (!version) throw new Error("cosign does not tell its version");
if (existsSync(goldens)) throw new Error(`${goldens} exists; golden files are only ever added`);
mkdirSync(goldens, { recursive: true });
writeFileSync(join(goldens, "predicate.json"), '{"suite":"golden","score":"0.97","text":"naïve 模型 🙂"}');
makeKeys(goldens);
await withRegistry(record);
rmSync(join(goldens, "predicate.json"));
