import { describe, expect, it } from "vitest";
import { newSigner } from "../../test/support/trust.ts";
import { preAuthenticationEncoding, signEnvelope, signedBytes, writeEnvelope } from "./envelope.ts";
import { verifySignature } from "./key.ts";

describe("preAuthenticationEncoding", () => {
  it.each([
    // The example of the DSSE protocol, section "Test Vectors".
    ["http://example.com/HelloWorld", "hello world", "DSSEv1 29 http://example.com/HelloWorld 11 hello world"],
    ["", "", "DSSEv1 0  0 "],
    // Lengths are bytes: "模" is three, "é" two.
    ["té", "模型", "DSSEv1 3 té 6 模型"],
  ])("%j and %j", (type, payload, expected) => {
    expect(Buffer.from(preAuthenticationEncoding(type, Buffer.from(payload))).toString()).toBe(expected);
  });

  it("keeps bytes that are not UTF-8", () => {
    const encoded = preAuthenticationEncoding("t", Uint8Array.of(0xff, 0x00));
    expect([...encoded.subarray(-2)]).toEqual([0xff, 0x00]);
  });
});

describe("envelope", () => {
  it("signs the encoding, not the payload, and has no keyid", async () => {
    const signer = await newSigner();
    const payload = Buffer.from("{}");
    const envelope = await signEnvelope(payload, signer);
    expect(await verifySignature(signer.publicKey, signedBytes(payload), envelope.signature)).toBe(true);
    expect(await verifySignature(signer.publicKey, payload, envelope.signature)).toBe(false);
    expect(writeEnvelope(envelope)).toEqual({
      payload: "e30=",
      payloadType: "application/vnd.in-toto+json",
      signatures: [{ sig: Buffer.from(envelope.signature).toString("base64") }],
    });
  });
});
