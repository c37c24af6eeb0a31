import { z } from "zod";

/**
 * Bytes as standard base64 with padding, in the one canonical spelling.
 *
 * Lenient decoders skip foreign characters and drop stray bits, so that one signature has many spellings; equal bytes
 * must have equal text where digests of that text name records.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc4648#section-3.5}
 */
export const Base64Bytes = z.string().transform((text, context): Uint8Array => {
  const bytes = Buffer.from(text, "base64");
  if (bytes.toString("base64") === text) return bytes;
  context.addIssue({ code: "custom", message: "not canonical base64" });
  return z.NEVER;
});

/** Writes bytes the way {@link Base64Bytes} reads them. */
export function encodeBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64");
}
