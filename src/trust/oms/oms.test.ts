import { createHash } from "node:crypto";
import { join } from "node:path";
import { pack } from "tar-stream";
import { beforeAll, describe, expect, it } from "vitest";
import { rejectsWith } from "../../../test/support/expect.ts";
import { blobOf } from "../../../test/support/fixtures.ts";
import { scratchDirectory, writeTree } from "../../../test/support/scratch.ts";
import { attachBytes, bundleBytes, newSigner, standingClock } from "../../../test/support/trust.ts";
import type { Repository } from "../../oci/content.ts";
import type { Descriptor } from "../../oci/descriptor.ts";
import { emptyJson, manifestSource, packManifest } from "../../oci/pack.ts";
import { MemoryRegistry } from "../../stores/memory/index.ts";
import type { Signer } from "../signer.ts";
import type { Statement } from "../statement.ts";
import { requireVerified } from "../verification.ts";
import { verifyStatements } from "../verify.ts";
import { findOms, modelResources, signOms, verifyOmsDirectory } from "./index.ts";
import { makeOmsStatement } from "./manifest.ts";

const weights = Buffer.from("weights");
const small = { "a.txt": "a", "sub/naïve 🙂.json": "{}" };

/** A model of one weights file and one archive of small files. */
async function pushed(extra: Record<string, Buffer> = {}): Promise<{ repository: Repository; subject: Descriptor }> {
  const repository = new MemoryRegistry().repository("ml/risk");
  const archive = pack();
  for (const [name, text] of Object.entries(small)) archive.entry({ name }, text);
  archive.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of archive as AsyncIterable<Buffer>) chunks.push(chunk);
  const blobs = [
    ...Object.entries({ "model.safetensors": weights, ...extra }).map(([path, bytes]) => ({
      path,
      blob: blobOf(bytes, { mediaType: "application/vnd.cncf.model.weight.v1.raw" }),
    })),
    { path: "small", blob: blobOf(Buffer.concat(chunks), { mediaType: "application/vnd.cncf.model.doc.v1.tar" }) },
  ];
  const layers = blobs.map(({ path, blob }) => ({
    ...blob.descriptor,
    annotations: { "org.cncf.model.filepath": path },
  }));
  const manifest = packManifest({ artifactType: "application/vnd.cncf.model.manifest.v1+json", layers });
  for (const blob of [emptyJson, ...blobs.map(({ blob }) => blob), manifestSource(manifest)])
    await repository.push(blob);
  return { repository, subject: manifest.descriptor };
}

const hash = (bytes: string | Buffer, algorithm = "sha256") => createHash(algorithm).update(bytes).digest("hex");

let alice: Signer;
let mallory: Signer;
beforeAll(async () => {
  [alice, mallory] = await Promise.all([newSigner(), newSigner()]);
});

const signing = (signer: Signer) => ({ signer, clock: standingClock, model: "risk" });

describe("signOms", () => {
  it("states the files of the manifest, those in archives too, without reading the weights", async () => {
    const { repository, subject } = await pushed({ "b.safetensors": Buffer.from("b") });
    const asked: string[] = [];
    const watched = Object.assign(Object.create(null) as Repository, bound(repository), {
      fetch: (target: Descriptor, options?: object) => {
        asked.push(target.mediaType);
        return repository.fetch(target, options);
      },
    });
    await signOms(watched, subject, signing(alice));
    expect(asked).not.toContain("application/vnd.cncf.model.weight.v1.raw");

    const files = await modelResources(repository, subject);
    const attached = await findOms(repository, subject, { files, policy: { keys: [alice.publicKey] } });
    expect(attached.verification?.signer).toEqual(alice.publicKey.identity);
    const bundle = JSON.parse(Buffer.from(attached.bytes).toString()) as {
      verificationMaterial: { publicKey: { hint: string } };
      dsseEnvelope: { payload: string };
    };
    expect(bundle.verificationMaterial.publicKey.hint).toBe(hash(alice.publicKey.pem));
    const statement = JSON.parse(Buffer.from(bundle.dsseEnvelope.payload, "base64").toString()) as Statement;
    expect(statement.subject).toHaveLength(1);
    const { resources } = statement.predicate as { resources: { name: string; digest: string }[] };
    expect(resources.map(({ name }) => name)).toEqual([
      "a.txt",
      "b.safetensors",
      "model.safetensors",
      "sub/naïve 🙂.json",
    ]);
    expect(resources[2]?.digest).toBe(hash(weights));
  });

  it("refuses a key that model_signing does not verify", async () => {
    const { repository, subject } = await pushed();
    await rejectsWith(signOms(repository, subject, signing(await newSigner("Ed25519"))), "KEY_INVALID");
  });

  it("is in nobody's way: other verification leaves it out, and does not take it for a statement", async () => {
    const { repository, subject } = await pushed();
    await signOms(repository, subject, signing(alice));
    const report = await verifyStatements(repository, subject, { keys: [alice.publicKey] });
    expect(report).toEqual({ verified: [], rejected: [] });
    expect(() => requireVerified(report)).toThrow("no signed statement");
    const foreign = await verifyStatements(repository, subject, { keys: [mallory.publicKey] });
    expect(foreign.rejected).toMatchObject([{ error: { code: "IDENTITY_MISMATCH" } }]);
  });

  it("leaves out what model_signing never looks at", () => {
    const digest = `sha256:${"0".repeat(64)}` as const;
    const paths = ["a", ".gitattributes", ".github/x", "model.sig", "sub/.gitattributes", ".gitkeep"];
    const { predicate } = makeOmsStatement("m", paths.map((path) => ({ path, digest })) as never);
    const { resources } = predicate as { resources: { name: string }[] };
    expect(resources.map(({ name }) => name)).toEqual([".gitkeep", "a", "sub/.gitattributes"]);
  });
});

describe("findOms", () => {
  const find = async ({ repository, subject }: Awaited<ReturnType<typeof pushed>>) =>
    findOms(repository, subject, {
      files: await modelResources(repository, subject),
      policy: { keys: [alice.publicKey] },
    });

  it("finds the one that will do among those that will not", async () => {
    const world = await pushed();
    await rejectsWith(find(world), "NO_SIGNATURE");
    await signOms(world.repository, world.subject, signing(mallory));
    await rejectsWith(find(world), "IDENTITY_MISMATCH");
    await signOms(world.repository, world.subject, signing(alice));
    expect((await find(world)).verification?.signer).toEqual(alice.publicKey.identity);
  });

  it("finds one for whoever verifies it later, and says of nobody that they signed", async () => {
    const { repository, subject } = await pushed();
    await signOms(repository, subject, signing(mallory));
    const files = await modelResources(repository, subject);
    const found = await findOms(repository, subject, { files });
    expect(found.verification).toBeUndefined();
    await rejectsWith(findOms(repository, subject, { files: new Map([["x", hash("x")]]) }), "SUBJECT_MISMATCH");
  });

  const world = async (edit: (statement: Statement) => Statement) => {
    const one = await pushed();
    const files = [...(await modelResources(one.repository, one.subject))];
    const statement = makeOmsStatement("m", files.map(([path, hex]) => ({ path, digest: `sha256:${hex}` })) as never);
    await attachBytes(one.repository, one.subject, await bundleBytes(edit(statement), alice));
    return one;
  };
  const withPredicate = (edit: (predicate: Predicate) => void) => (statement: Statement) => {
    const predicate = structuredClone(statement.predicate) as unknown as Predicate;
    edit(predicate);
    const root = createHash("sha256");
    for (const { digest } of predicate.resources) root.update(digest, "hex");
    return { ...statement, subject: [{ digest: { sha256: root.digest("hex") } }], predicate: { ...predicate } };
  };

  it.each<[string, string, (statement: Statement) => Statement]>([
    [
      "another model's files",
      "SUBJECT_MISMATCH",
      withPredicate(({ resources }) => {
        for (const resource of resources) resource.digest = hash("other");
      }),
    ],
    ["a file less", "SUBJECT_MISMATCH", withPredicate(({ resources }) => resources.pop())],
    [
      "shards",
      "SUBJECT_MISMATCH",
      withPredicate((one) => Object.assign(one.serialization, { method: "shards", shard_size: 4 })),
    ],
    [
      "a root digest of others",
      "SIGNATURE_INVALID",
      (statement) => ({ ...statement, subject: [{ digest: { sha256: hash("x") } }] }),
    ],
    [
      "two subjects",
      "SIGNATURE_INVALID",
      (statement) => ({ ...statement, subject: [...statement.subject, ...statement.subject] }),
    ],
    [
      "one file with two hashes",
      "SIGNATURE_INVALID",
      withPredicate(({ resources }) => resources.push({ ...(resources[0] ?? expect.fail()), digest: hash("x") })),
    ],
    [
      "a hash of another kind than it says",
      "SIGNATURE_INVALID",
      withPredicate(({ resources }) => Object.assign(resources[0] ?? {}, { algorithm: "blake3" })),
    ],
    [
      "a digest in upper case",
      "SIGNATURE_INVALID",
      withPredicate(({ resources }) => Object.assign(resources[0] ?? {}, { digest: hash("x").toUpperCase() })),
    ],
  ])("refuses %s: %s", async (_, code, edit) => {
    await rejectsWith(find(await world(edit)), code);
  });
});

interface Predicate {
  serialization: Record<string, unknown>;
  resources: { name: string; algorithm: string; digest: string }[];
}

describe("verifyOmsDirectory", () => {
  const tree = { "a.bin": "0123456789", "d/empty": "", "d/b": "b" };

  async function check(serialization: Record<string, unknown>, resources: Record<string, string>) {
    const algorithm = serialization["hash_type"] as string;
    const listed = Object.entries(resources).map(([name, digest]) => ({ name, algorithm, digest }));
    const root = createHash("sha256");
    for (const { digest } of listed) root.update(digest, "hex");
    const statement = {
      ...makeOmsStatement("m", []),
      subject: [{ digest: { sha256: root.digest("hex") } }],
      predicate: { serialization, resources: listed },
    };
    const directory = await scratchDirectory();
    await writeTree(directory, tree);
    return verifyOmsDirectory(directory, await bundleBytes(statement, alice), { keys: [alice.publicKey] });
  }

  it("shards: pieces by their range, and none of an empty file", async () => {
    const resources = {
      "a.bin:0:4": hash("0123"),
      "a.bin:4:8": hash("4567"),
      "a.bin:8:10": hash("89"),
      "d/b:0:1": hash("b"),
    };
    const serialization = { method: "shards", hash_type: "sha256", shard_size: 4 };
    expect(await check(serialization, resources)).toMatchObject({ resources: 4 });
    await rejectsWith(check(serialization, { ...resources, "a.bin:4:8": hash("x") }), "SUBJECT_MISMATCH");
  });

  it("BLAKE2b: computed; BLAKE3: refused with its name", async () => {
    const resources = Object.fromEntries(Object.entries(tree).map(([name, text]) => [name, hash(text, "blake2b512")]));
    expect(await check({ method: "files", hash_type: "blake2b" }, resources)).toMatchObject({ resources: 3 });
    const error = await rejectsWith(check({ method: "files", hash_type: "blake3" }, resources), "SIGNATURE_INVALID");
    expect(error.message).toContain("blake3");
  });

  it("never opens a name from the signature", async () => {
    const outside = join("..", "..", "etc", "passwd");
    const resources = Object.fromEntries(Object.entries(tree).map(([name, text]) => [name, hash(text)]));
    const error = await rejectsWith(
      check({ method: "files", hash_type: "sha256" }, { ...resources, [outside]: hash("x") }),
      "SUBJECT_MISMATCH",
    );
    expect(error.message).toContain("missing: ../../etc/passwd");
  });
});

/** A store whose verbs can be replaced, its private fields notwithstanding. */
function bound(store: Repository): Partial<Repository> {
  return {
    name: store.name,
    fetch: (...args) => store.fetch(...args),
    resolve: (...args) => store.resolve(...args),
    exists: (...args) => store.exists(...args),
    push: (...args) => store.push(...args),
    referrers: (...args) => store.referrers(...args),
  };
}
