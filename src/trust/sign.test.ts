import { describe, expect, it } from "vitest";
import { bytesOf, listOf, rejectsWith } from "../../test/support/expect.ts";
import { pushArtifact, seededArtifact } from "../../test/support/fixtures.ts";
import { evalStatement, evalType, newSigner, pushedModel, standingClock } from "../../test/support/trust.ts";
import { identity } from "../oci/descriptor.ts";
import { fetchImageManifest } from "../oci/fetch-manifest.ts";
import { parseBundle } from "./bundle.ts";
import { signedBytes } from "./envelope.ts";
import { verifySignature } from "./key.ts";
import { signStatement } from "./sign.ts";
import { parseStatement } from "./statement.ts";

const type = "application/vnd.dev.sigstore.bundle.v0.3+json";

describe("signStatement", () => {
  it("attaches the layout of cosign 3: one layer, empty config, subject, three annotations", async () => {
    const { repository, subject } = await pushedModel();
    const signer = await newSigner();
    const descriptor = await signStatement(repository, subject, evalStatement(subject), {
      signer,
      clock: standingClock,
    });
    const { value } = await fetchImageManifest(repository, descriptor);
    const [layer] = value.layers;
    expect(value).toEqual({
      schemaVersion: 2,
      mediaType: "application/vnd.oci.image.manifest.v1+json",
      artifactType: type,
      config: {
        mediaType: "application/vnd.oci.empty.v1+json",
        digest: "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a",
        size: 2,
      },
      layers: [{ mediaType: type, digest: layer?.digest, size: layer?.size }],
      subject: identity(subject),
      annotations: {
        "dev.sigstore.bundle.content": "dsse-envelope",
        "dev.sigstore.bundle.predicateType": evalType,
        "org.opencontainers.image.created": "2026-01-02T03:04:05Z",
      },
    });
    expect((await bytesOf(repository.fetch(value.config))).toString()).toBe("{}");

    const { envelope } = parseBundle(await bytesOf(repository.fetch(layer!)));
    expect(parseStatement(envelope.payload)).toEqual(evalStatement(subject));
    expect(await verifySignature(signer.publicKey, signedBytes(envelope.payload), envelope.signature)).toBe(true);
  });

  it("returns what a referrers list shows, and sets no tag", async () => {
    const { repository, subject } = await pushedModel();
    const options = { signer: await newSigner(), clock: standingClock };
    const descriptor = await signStatement(repository, subject, evalStatement(subject), options);
    expect(await listOf(repository.referrers(subject, { artifactType: type }))).toEqual([descriptor]);
    expect(await listOf(repository.tags())).toEqual([]);
  });

  it("refuses a statement about something else, and writes nothing", async () => {
    const { repository, subject } = await pushedModel();
    const other = await pushArtifact(repository, seededArtifact(2));
    const options = { signer: await newSigner(), clock: standingClock };
    await rejectsWith(signStatement(repository, subject, evalStatement(other), options), "STATEMENT_INVALID");
    expect(await listOf(repository.referrers(subject))).toEqual([]);
  });

  it("writes nothing when the signer fails or the caller gives up", async () => {
    const { repository, subject } = await pushedModel();
    const signer = await newSigner();
    const broken = { publicKey: signer.publicKey, sign: () => Promise.reject(new Error("token removed")) };
    const sign = (options: object) =>
      signStatement(repository, subject, evalStatement(subject), { signer, clock: standingClock, ...options });
    await expect(sign({ signer: broken })).rejects.toThrow("token removed");
    // Nor is the signer asked: with a hardware token, that would be a prompt for a finger.
    const unasked = { publicKey: signer.publicKey, sign: () => expect.fail("the signer was asked") };
    const signal = AbortSignal.abort(new Error("enough"));
    await expect(sign({ signer: unasked, signal })).rejects.toThrow("enough");
    expect(await listOf(repository.referrers(subject))).toEqual([]);
  });
});
