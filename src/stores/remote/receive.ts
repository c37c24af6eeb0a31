import type { Digest } from "../../base/digest.ts";
import { ContentError } from "../../base/errors.ts";
import type { ByteRange, ByteSink, ReceiveOptions } from "../../oci/content.ts";
import type { Descriptor } from "../../oci/descriptor.ts";
import { StoreError } from "../../oci/errors.ts";
import { ask, type DownloadOptions, isAll } from "./download.ts";
import type { Endpoint } from "./endpoint.ts";
import type { HttpResponse } from "./http/response.ts";
import type { HttpUrl } from "./http/url.ts";
import { Resumption } from "./resumption.ts";
import { storeError } from "./store-error.ts";

/** Read past at a time. */
const skipBytes = 64 * 1024;
/** Blobs whose place in the storage behind the registry is remembered: more are not fetched at a time. */
const placeLimit = 64;

/**
 * Brings bytes of blobs into sinks; see RangeReceiver. Remembers where redirects led, so that not each part asks again.
 */
export class RemoteReceiver {
  readonly #endpoint: Endpoint;
  readonly #places = new Map<Digest, HttpUrl>();

  constructor(endpoint: Endpoint) {
    this.#endpoint = endpoint;
  }

  async receive(target: Descriptor, range: ByteRange, sink: ByteSink, options: ReceiveOptions = {}): Promise<void> {
    options.signal?.throwIfAborted();
    if (range.start >= range.end && target.size > 0) return;
    try {
      await this.#receive({ target, range, sink, ...options });
    } catch (error) {
      throw storeError(error, `blob ${target.digest}`);
    }
  }

  async #receive(request: DownloadOptions & ReceiveOptions & { readonly sink: ByteSink }): Promise<void> {
    const { target, range, sink, signal, onBusy } = request;
    const { client, pull: scopes } = this.#endpoint;
    const url = this.#endpoint.blob(target.digest);
    const resumption = new Resumption(client, range, signal);
    let isWanted = true;
    const counting: ByteSink = {
      room: () => sink.room(),
      filled: (count) => {
        resumption.at += count;
        isWanted = sink.filled(count);
        return isWanted;
      },
    };
    for (;;) {
      const rest = { start: resumption.at, end: range.end };
      const content = { at: this.#places.get(target.digest), onBusy };
      const response = await ask(client, { url, scopes, signal, content }, rest, target);
      this.#remember(target.digest, response.url.origin === url.origin ? undefined : response.url);
      try {
        return await pourRange(response, { rest, target, isWhole: isAll(range, target) }, counting);
      } catch (error) {
        if (!isWanted || (await resumption.isComplete(error))) return;
      }
    }
  }

  #remember(digest: Digest, place: HttpUrl | undefined): void {
    this.#places.delete(digest);
    if (place) this.#places.set(digest, place);
    if (this.#places.size <= placeLimit) return;
    for (const oldest of this.#places.keys()) return void this.#places.delete(oldest);
  }
}

interface Pouring {
  readonly rest: ByteRange;
  readonly target: Descriptor;
  /** All of the blob was asked for, even if it is not any more. */
  readonly isWhole: boolean;
}

async function pourRange(response: HttpResponse, { rest, target, isWhole }: Pouring, sink: ByteSink): Promise<void> {
  // A store without ranges answers with everything; when everything was wanted, what is there already is read past.
  const isAllSent = response.status === 200;
  if (isAllSent && !isWhole) {
    await response.discard();
    throw new StoreError("UNSUPPORTED", `${target.digest} is to be had as a whole only`);
  }
  const window = new Window(sink, isAllSent ? rest.start : 0, rest.end - rest.start);
  await response.pour(window);
  if (window.isStopped) return;
  if (window.rest === 0 && !window.isExceeded) return;
  if (!isAllSent)
    throw response.error("BAD_RESPONSE", `answered a range that is not ${rest.end - rest.start} bytes long`);
  if (window.isExceeded) {
    throw new ContentError("TRAILING_DATA", `${target.digest} is longer than the expected ${target.size} bytes`);
  }
  const received = target.size - window.rest;
  throw new ContentError("SIZE_MISMATCH", `${target.digest} has ${received} bytes, expected ${target.size}`);
}

/** Lets through a stretch of what comes: not what is before it, and nothing behind it. */
class Window implements ByteSink {
  rest: number;
  isStopped = false;
  isExceeded = false;
  readonly #sink: ByteSink;
  readonly #scratch: Uint8Array;
  #skip: number;

  constructor(sink: ByteSink, skip: number, length: number) {
    this.#sink = sink;
    this.#skip = skip;
    this.rest = length;
    this.#scratch = Buffer.alloc(skip > 0 ? skipBytes : 1);
  }

  room(): Uint8Array {
    if (this.#skip > 0) return this.#scratch.subarray(0, this.#skip);
    return this.rest > 0 ? this.#sink.room().subarray(0, this.rest) : this.#scratch;
  }

  filled(count: number): boolean {
    if (this.#skip > 0) this.#skip -= count;
    else if (this.rest > 0) {
      this.rest -= count;
      this.isStopped = !this.#sink.filled(count);
    } else this.isExceeded = true;
    return !this.isStopped && !this.isExceeded;
  }
}
