import { describe, expect, it } from "vitest";
import { bytesOf, listOf, rejectsWith } from "../../../test/support/expect.ts";
import { payloadOf, pushSignatures, simpleLayer } from "../../../test/support/legacy.ts";
import { newSigner, pushedModel } from "../../../test/support/trust.ts";
import { digestOf } from "../../base/digest.ts";
import type { Target } from "../../oci/content.ts";
import type { Descriptor } from "../../oci/descriptor.ts";
import { fetchImageManifest } from "../../oci/fetch-manifest.ts";
import { legacySignatureLimit } from "../limits.ts";
import { signLegacy } from "./sign.ts";
import { layerAnnotations } from "./signature-layer.ts";
import { signatureTag } from "./signature-tag.ts";
import { verifyLegacyStatements } from "./verify.ts";

const identity = "registry.test/ml/risk";

describe("signLegacy", () => {
  it("writes what cosign wrote, under the tag where older readers look", async () => {
    const { repository, subject } = await pushedModel();
    const signer = await newSigner();
    const written = await signLegacy(repository, subject, { signer, identity });
    expect(await repository.resolve(signatureTag(subject.digest, "sig"))).toMatchObject({ digest: written.digest });
    const { value } = await fetchImageManifest(repository, written);
    const [layer] = value.layers as [Descriptor];
    expect((await bytesOf(repository.fetch(layer))).toString()).toBe(
      `{"critical":{"identity":{"docker-reference":"${identity}"},"image":{"docker-manifest-digest":"${subject.digest}"},` +
        `"type":"cosign container image signature"},"optional":null}`,
    );
    const config = JSON.parse((await bytesOf(repository.fetch(value.config))).toString()) as object;
    expect(config).toMatchObject({ rootfs: { type: "layers", diff_ids: [layer.digest] } });
    const { verified } = await verifyLegacyStatements(repository, subject, { keys: [signer.publicKey] });
    expect(verified).toMatchObject([{ legacy: { identity } }]);
  });

  it("keeps the signatures of others, and adds none of a key that has signed already", async () => {
    const { repository, subject } = await pushedModel();
    const [alice, bob] = await Promise.all([newSigner(), newSigner("RSA 2048")]);
    const theirs = await simpleLayer(bob, payloadOf(subject));
    const proof = { "dev.sigstore.cosign/bundle": "{}", "com.example.note": "kept" };
    await pushSignatures(repository, subject, [{ ...theirs, annotations: { ...theirs.annotations, ...proof } }]);
    const first = await signLegacy(repository, subject, { signer: alice, identity });
    const { layers } = (await fetchImageManifest(repository, first)).value;
    expect(layers).toHaveLength(2);
    expect(layers[0]).toMatchObject({
      digest: digestOf(theirs.bytes),
      annotations: { ...theirs.annotations, ...proof },
    });
    expect((await signLegacy(repository, subject, { signer: alice, identity })).digest).toBe(first.digest);
    expect((await signLegacy(repository, subject, { signer: bob, identity })).digest).toBe(first.digest);
    const renamed = await signLegacy(repository, subject, { signer: alice, identity: "mirror.test/risk" });
    expect((await fetchImageManifest(repository, renamed)).value.layers).toHaveLength(3);
  });

  it("puts back what a slower writer overwrote", async () => {
    const { repository, subject } = await pushedModel();
    const [alice, bob] = await Promise.all([newSigner(), newSigner()]);
    const theirs = await pushSignatures(repository, subject, [await simpleLayer(bob, payloadOf(subject))]);
    await repository.untag(signatureTag(subject.digest, "sig"));
    let writes = 0;
    const racing = replaced(repository, {
      tag: async (target: Descriptor, tag: string) => {
        await repository.tag(target, tag);
        // Bob read before Alice wrote, and writes after her.
        if (++writes === 1) await repository.tag(theirs, tag);
      },
    });
    await signLegacy(racing, subject, { signer: alice, identity });
    const keys = [alice.publicKey, bob.publicKey];
    expect((await verifyLegacyStatements(repository, subject, { keys })).verified).toHaveLength(2);
    expect(writes).toBe(2);
  });

  it("gives up where others win every round", async () => {
    const { repository, subject } = await pushedModel();
    const theirs = await pushSignatures(repository, subject, [
      await simpleLayer(await newSigner(), payloadOf(subject)),
    ]);
    let writes = 0;
    const losing = replaced(repository, {
      tag: async () => {
        writes++;
      },
      resolve: async () => theirs,
    });
    const options = { signer: await newSigner(), identity };
    await rejectsWith(signLegacy(losing, subject, options), "CONFLICT");
    expect(writes).toBe(6);
  });

  it("refuses to grow a list beyond what readers look at, and writes nothing", async () => {
    const { repository, subject } = await pushedModel();
    const layer = await simpleLayer(await newSigner(), payloadOf(subject));
    const full = Array.from({ length: legacySignatureLimit }, (_, at) => ({
      ...layer,
      annotations: { [layerAnnotations.signature]: Buffer.from([at]).toString("base64") },
    }));
    const before = await pushSignatures(repository, subject, full);
    await rejectsWith(signLegacy(repository, subject, { signer: await newSigner(), identity }), "LIMIT_EXCEEDED");
    expect((await repository.resolve(signatureTag(subject.digest, "sig"))).digest).toBe(before.digest);
  });

  it("never overwrites a tag that holds something else", async () => {
    const { repository, subject } = await pushedModel();
    await repository.tag(subject, signatureTag(subject.digest, "sig"));
    await rejectsWith(signLegacy(repository, subject, { signer: await newSigner(), identity }), "CONFLICT");
    expect((await listOf(repository.tags())).length).toBe(1);
  });
});

/** A store with some of its verbs replaced. */
function replaced(store: Target, verbs: Partial<Target>): Target {
  return {
    fetch: (...args) => store.fetch(...args),
    fetchRange: (...args) => store.fetchRange(...args),
    exists: (...args) => store.exists(...args),
    resolve: (...args) => store.resolve(...args),
    push: (...args) => store.push(...args),
    tag: (...args) => store.tag(...args),
    ...verbs,
  };
}
