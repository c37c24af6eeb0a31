import { defaultPolicyYaml, parsePolicy, promote, registerVersion } from "../../src/lifecycle/index.ts";
import type { Repository } from "../../src/oci/content.ts";
import type { Descriptor } from "../../src/oci/descriptor.ts";
import { fetchImageManifest } from "../../src/oci/fetch-manifest.ts";
import { loadSigner, makeStatement, type Signer, signStatement } from "../../src/trust/index.ts";
import { bytesOf, listOf } from "./expect.ts";
import { pushArtifact } from "./fixtures.ts";
import { modelArtifact, predicates, typeOf } from "./lifecycle.ts";

/** Throw-away keys: PKCS#8 of Ed25519 with the seed 32 times the same byte. */
async function signerOf(byte: number): Promise<Signer> {
  const der = Buffer.concat([Buffer.from("302e020100300506032b657004220420", "hex"), Buffer.alloc(32, byte)]);
  return loadSigner(`-----BEGIN PRIVATE KEY-----\n${der.toString("base64")}\n-----END PRIVATE KEY-----\n`);
}

export const clock = () => new Date("2026-11-20T12:00:00.000Z");

export async function people() {
  const [alice, mike] = [await signerOf(1), await signerOf(2)];
  const yaml = defaultPolicyYaml({
    name: "golden",
    identities: { alice: { publicKey: alice.publicKey.pem }, mike: { publicKey: mike.publicKey.pem } },
    roles: { "data-scientist": ["alice"], mlops: ["mike"] },
  });
  return { alice, mike, yaml };
}

/** Takes a version to staging with fixed keys, a fixed clock and the policy of the golden folder. */
export async function stage(repository: Repository, yaml: string): Promise<Descriptor> {
  const { alice, mike } = await people();
  const policy = parsePolicy(yaml);
  const target = await pushArtifact(repository, modelArtifact(1));
  await registerVersion(repository, target);
  const weights = (await fetchImageManifest(repository, target)).value.layers.map(({ digest }) => digest);
  const statements = [
    [typeOf.signature, {}],
    [typeOf.card, predicates.card()],
    [typeOf.lineage, predicates.lineage()],
    [typeOf.eval, predicates.eval()],
    [typeOf.scan, predicates.scan(weights)],
  ] as const;
  for (const [predicateType, predicate] of statements) {
    const statement = makeStatement({
      subject: target,
      name: repository.name,
      predicateType,
      predicate: { ...predicate },
    });
    await signStatement(repository, target, statement, { signer: alice, clock });
  }
  await promote(repository, { policy, target, to: "staging", clock, signer: mike, tool: "mreg/0.1.0" });
  return target;
}

/** Everything a repository holds, as files: manifests and blobs by digest, tags by name. */
export async function contentOf(repository: Repository, target: Descriptor): Promise<Map<string, Buffer>> {
  const files = new Map<string, Buffer>();
  const manifests = [target, ...(await listOf(repository.referrers(target)))];
  for (const manifest of manifests) {
    const { value, raw } = await fetchImageManifest(repository, manifest);
    files.set(`manifests/${manifest.digest.slice(7)}`, Buffer.from(raw));
    for (const blob of value.layers) files.set(`blobs/${blob.digest.slice(7)}`, await bytesOf(repository.fetch(blob)));
  }
  const tags = await listOf(repository.tags());
  const lines = await Promise.all(tags.sort().map(async (tag) => `${tag} ${(await repository.resolve(tag)).digest}\n`));
  files.set("tags", Buffer.from(lines.join("")));
  return files;
}
