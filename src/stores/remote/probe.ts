import { collect } from "../../base/bytes.ts";
import { type Clock, systemClock } from "../../base/clock.ts";
import { isMregError } from "../../base/errors.ts";
import { manifestLimitBytes } from "../../base/limits.ts";
import type { CallOptions } from "../../oci/content.ts";
import type { Manifest } from "../../oci/manifest.ts";
import { mediaTypes } from "../../oci/media-types.ts";
import type { Finding, ProbeContent, ProbeName } from "../../oci/probe.ts";
import { parseChallenges } from "./auth/challenge.ts";
import type { Endpoint } from "./endpoint.ts";
import type { RegistryRequest } from "./http/client.ts";
import { hasStatus, RegistryError } from "./http/error.ts";
import type { HttpResponse } from "./http/response.ts";
import type { Transport } from "./http/transport.ts";
import { withQuery } from "./http/url.ts";
import { RemoteManifests } from "./manifests.ts";
import { nextLocation, UploadSessions } from "./upload-sessions.ts";

export interface WireProbeParts {
  readonly endpoint: Endpoint;
  /** Sends without credentials, so that the registry says what it asks for. */
  readonly transport: Transport;
  readonly clock?: Clock | undefined;
}

/** Clocks further apart than this make signatures look as if they were from the future; a minute is no accident. */
const clockSkewLimitMs = 60_000;

/**
 * Asks a registry what only its answers over HTTP can tell. The content of the probe must be there.
 *
 * @returns one finding per question; a refusal is an answer.
 */
export async function probeWire(
  parts: WireProbeParts,
  content: ProbeContent,
  options: CallOptions = {},
): Promise<readonly Finding[]> {
  const probe = new WireProbe(parts, content, options);
  return [
    ...(await probe.base()),
    await probe.ask("referrersApi", () => probe.referrersApi()),
    await probe.ask("subjectHeader", () => probe.subjectHeader()),
    await probe.ask("ranges", () => probe.ranges()),
    await probe.ask("chunks", () => probe.chunks()),
    await probe.ask("conditionalWrites", () => probe.conditionalWrites()),
  ];
}

interface Answer {
  readonly isYes: boolean;
  readonly detail?: string;
}

class WireProbe {
  readonly #parts: WireProbeParts;
  readonly #endpoint: Endpoint;
  readonly #content: ProbeContent;
  readonly #signal: AbortSignal | undefined;

  constructor(parts: WireProbeParts, content: ProbeContent, { signal }: CallOptions) {
    this.#parts = parts;
    this.#endpoint = parts.endpoint;
    this.#content = content;
    this.#signal = signal;
  }

  /** Asks one question. What the registry refuses is a no; what says nothing about it stays unknown. */
  async ask(probe: ProbeName, work: () => Promise<Answer>): Promise<Finding> {
    try {
      const { isYes, detail } = await work();
      return { probe, answer: isYes ? "yes" : "no", ...(detail === undefined ? {} : { detail }) };
    } catch (error) {
      this.#signal?.throwIfAborted();
      if (!isMregError(error)) throw error;
      const isRefusal = error instanceof RegistryError && !error.isTemporary;
      return { probe, answer: isRefusal ? "no" : "unknown", detail: error.message };
    }
  }

  /** end-1 without credentials: what the registry asks for, and what time it has. */
  async base(): Promise<readonly Finding[]> {
    const { clock = systemClock, transport } = this.#parts;
    const url = { origin: this.#endpoint.origin, path: "/v2/" };
    const response = await transport.send({ method: "GET", url, headers: {}, signal: this.#signal });
    await response.discard();
    const schemes = parseChallenges(response.headerLines("www-authenticate")).map(({ scheme }) => scheme);
    const asked = response.status === 401 ? schemes.join(", ") || "something that it does not name" : undefined;
    const auth: Finding = { probe: "auth", answer: asked ? "yes" : "no", ...(asked ? { detail: asked } : {}) };
    const date = Date.parse(response.header("date") ?? "");
    if (Number.isNaN(date)) return [auth, { probe: "clock", answer: "unknown", detail: "it sends no Date" }];
    // Date has whole seconds, cut off: on average it is half a second late.
    const skewMs = date + 500 - clock().getTime();
    const seconds = Math.round(Math.abs(skewMs) / 1_000);
    const detail = seconds === 0 ? "less than a second" : `${seconds} s ${skewMs < 0 ? "behind" : "ahead"}`;
    return [auth, { probe: "clock", answer: Math.abs(skewMs) <= clockSkewLimitMs ? "yes" : "no", detail }];
  }

  /** end-12a */
  async referrersApi(): Promise<Answer> {
    const url = this.#endpoint.referrers(this.#content.manifest.descriptor.digest, undefined);
    const headers = { accept: mediaTypes.imageIndex };
    const response = await this.#send({ method: "GET", url, scopes: this.#endpoint.pull, headers, expect: [200] });
    await response.discard();
    const { mediaType } = response;
    if (mediaType === mediaTypes.imageIndex) return { isYes: true };
    return { isYes: false, detail: `it answers 200 with ${JSON.stringify(mediaType.slice(0, 100))}` };
  }

  /** end-7: whoever keeps lists of referrers answers a PUT with the subject. */
  async subjectHeader(): Promise<Answer> {
    const { manifest, referrer } = this.#content;
    const subject = await new RemoteManifests(this.#endpoint).put(referrer, referrer.descriptor.digest, {
      signal: this.#signal,
    });
    return { isYes: subject === manifest.descriptor.digest };
  }

  /** end-2 */
  async ranges(): Promise<Answer> {
    const { blob } = this.#content;
    const url = this.#endpoint.blob(blob.descriptor.digest);
    const headers = { range: "bytes=2-5" };
    const response = await this.#send({ method: "GET", url, scopes: this.#endpoint.pull, headers, expect: [200, 206] });
    const received = Buffer.from(await response.bytes(manifestLimitBytes));
    if (response.status === 200) return { isYes: false, detail: "it sends all of it" };
    const whole = Buffer.from(await collect(blob.open(), blob.descriptor.size));
    const isRight = received.equals(whole.subarray(2, 6));
    return isRight ? { isYes: true } : { isYes: false, detail: "it answers 206 with other bytes" };
  }

  /** end-5, end-6: pieces, and then the digest. */
  async chunks(): Promise<Answer> {
    const { spare } = this.#content;
    const { digest, size } = spare.descriptor;
    const whole = Buffer.from(await collect(spare.open(), size));
    let session = await new UploadSessions(this.#endpoint).start({ signal: this.#signal });
    const { minBytes, maxBytes } = session.limits;
    // Only the last piece may be shorter than a minimum, and there is no need to send megabytes to learn of it.
    const cut = minBytes === undefined || minBytes <= size >> 1 ? size >> 1 : size;
    for (const [start, end] of [[0, cut] as const, [cut, size] as const]) {
      if (start === end) continue;
      const headers = { "content-type": mediaTypes.octetStream, "content-range": `${start}-${end - 1}` };
      const patch = { method: "PATCH", scopes: this.#endpoint.push, headers, expect: [202] } as const;
      const taken = await this.#send({ ...patch, url: session.location, body: whole.subarray(start, end) });
      await taken.discard();
      session = { ...session, location: nextLocation(taken, session) };
    }
    const url = withQuery(session.location, "digest", digest);
    const put = { method: "PUT", url, scopes: this.#endpoint.push, expect: [201] } as const;
    await (await this.#send({ ...put, body: new Uint8Array() })).discard();
    const limits = [
      ...(minBytes === undefined ? [] : [`at least ${minBytes} bytes each`]),
      ...(maxBytes === undefined ? [] : [`at most ${maxBytes} bytes each`]),
    ];
    return { isYes: true, ...(limits.length > 0 ? { detail: limits.join(", ") } : {}) };
  }

  /** `If-None-Match: *` on a tag that exists: 412 would be the compare-and-swap that the specification lacks. */
  async conditionalWrites(): Promise<Answer> {
    const { manifest, other, tag } = this.#content;
    const { digest } = await new RemoteManifests(this.#endpoint).resolve(tag, { signal: this.#signal });
    // What the tag names already: whoever refuses that does so for the condition, not because tags are immutable.
    const current: Manifest = digest === other.descriptor.digest ? other : manifest;
    const headers = { "content-type": current.descriptor.mediaType, "if-none-match": "*" };
    const put = { method: "PUT", url: this.#endpoint.manifest(tag), scopes: this.#endpoint.push, headers } as const;
    try {
      await (await this.#send({ ...put, body: current.raw, expect: [201] })).discard();
      return { isYes: false };
    } catch (error) {
      if (hasStatus(error, 412)) return { isYes: true };
      throw error;
    }
  }

  #send(request: RegistryRequest): Promise<HttpResponse> {
    return this.#endpoint.client.send({ ...request, signal: this.#signal });
  }
}
