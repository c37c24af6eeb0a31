import type { ByteStream } from "../../base/bytes.ts";
import type { ByteRange, CallOptions } from "../../oci/content.ts";
import type { Descriptor } from "../../oci/descriptor.ts";
import type { RegistryClient, RegistryRequest } from "./http/client.ts";
import type { HttpResponse } from "./http/response.ts";
import { Resumption } from "./resumption.ts";

export interface DownloadOptions extends CallOptions {
  readonly target: Descriptor;
  /** Within the blob, not empty unless the blob is. */
  readonly range: ByteRange;
}

/** A blob's address, and the scopes that reading it takes. */
export type Where = Pick<RegistryRequest, "url" | "scopes">;

/**
 * Reads bytes of a blob and goes on with a Range request where a connection broke off.
 *
 * Not verified here: the caller hashes the whole, which also covers a registry that resumes with other bytes.
 * For the whole blob it yields what it is sent, even too much or too little, so that the caller can say which.
 */
export async function* openBytes(
  client: RegistryClient,
  where: Where,
  { target, range, signal }: DownloadOptions,
): ByteStream {
  const resumption = new Resumption(client, range, signal);
  for (;;) {
    // Its failure is final: client.send has made its own attempts to get an answer.
    const body = await openStream(client, { ...where, signal }, { start: resumption.at, end: range.end }, target);
    try {
      for await (const chunk of body) {
        resumption.at += chunk.byteLength;
        yield chunk;
      }
      return;
    } catch (error) {
      if (await resumption.isComplete(error)) return;
    }
  }
}

type Ask = Pick<RegistryRequest, "url" | "scopes" | "signal" | "content">;

async function openStream(
  client: RegistryClient,
  where: Ask,
  range: ByteRange,
  target: Descriptor,
): Promise<ByteStream> {
  const response = await ask(client, where, range, target);
  if (isAll(range, target)) return response.body;
  if (response.status === 200) return cut(response.body, range);
  return exactly(response, range.end - range.start);
}

/** Sends the request and checks what the head of the answer says. */
export async function ask(
  client: RegistryClient,
  where: Ask,
  range: ByteRange,
  target: Descriptor,
): Promise<HttpResponse> {
  const isWhole = isAll(range, target);
  // An accept header, because Nexus answers 400 without one.
  const headers = { accept: "*/*", ...(isWhole ? {} : { range: `bytes=${range.start}-${range.end - 1}` }) };
  const response = await client.send({ ...where, method: "GET", headers, expect: isWhole ? [200] : [200, 206] });
  await refuseHtml(response, target);
  if (response.status === 206) await checkContentRange(response, range, target);
  return response;
}

export function isAll({ start, end }: ByteRange, target: Descriptor): boolean {
  return start === 0 && end === target.size;
}

/** A proxy's error page with status 200 says more under its own name than as a digest that does not match. */
async function refuseHtml(response: HttpResponse, target: Descriptor): Promise<void> {
  if (response.mediaType !== "text/html" || response.contentLength === target.size) return;
  await response.discard();
  throw response.error("BAD_RESPONSE", `answered an HTML page, expected ${target.size} bytes`);
}

async function checkContentRange(response: HttpResponse, { start, end }: ByteRange, target: Descriptor): Promise<void> {
  const received = response.header("content-range") ?? "";
  const match = /^bytes (\d+)-(\d+)\/(\d+|\*)$/.exec(received);
  const isAsked = match && Number(match[1]) === start && Number(match[2]) === end - 1;
  if (isAsked && (match[3] === "*" || Number(match[3]) === target.size)) return;
  await response.discard();
  throw response.error(
    "BAD_RESPONSE",
    `answered range ${JSON.stringify(received.slice(0, 100))}, expected "bytes ${start}-${end - 1}/${target.size}"`,
  );
}

async function* exactly(response: HttpResponse, size: number): ByteStream {
  let received = 0;
  for await (const chunk of response.body) {
    received += chunk.byteLength;
    if (received > size) break;
    yield chunk;
  }
  if (received === size) return;
  throw response.error("BAD_RESPONSE", `answered a range of ${received} bytes, expected ${size}`);
}

/** The range of an answer that holds the whole blob, from a registry that ignores Range (Gitea). */
async function* cut(body: ByteStream, { start, end }: ByteRange): ByteStream {
  let at = 0;
  for await (const chunk of body) {
    const piece = chunk.subarray(Math.max(0, start - at), Math.max(0, end - at));
    if (piece.byteLength > 0) yield piece;
    at += chunk.byteLength;
    if (at >= end) return;
  }
}
