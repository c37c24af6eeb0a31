import { type ByteStream, collect } from "../../../base/bytes.ts";
import { ContentError } from "../../../base/errors.ts";
import { type JsonValue, parseStrictJson } from "../../../base/json.ts";
import type { ByteSink } from "../../../oci/content.ts";
import { RegistryError, type RegistryErrorCode } from "./error.ts";
import type { HttpUrl } from "./url.ts";

export interface HttpResponseParts {
  readonly method: string;
  /** Of the last request, after redirects. */
  readonly url: HttpUrl;
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** Read at most once. Ends with a {@link RegistryError} when the connection fails or stalls. */
  readonly body: ByteStream;
  readonly discard: () => Promise<void>;
  /** The body straight into a sink, where the connection can do that; `body` is not for reading then. */
  readonly pour?: (sink: ByteSink) => Promise<void>;
}

/** An answer whose body has not been read. Whoever gets one reads the body or discards it. */
export class HttpResponse {
  readonly method: string;
  readonly url: HttpUrl;
  readonly status: number;
  readonly body: ByteStream;
  readonly #parts: HttpResponseParts;

  constructor(parts: HttpResponseParts) {
    this.method = parts.method;
    this.url = parts.url;
    this.status = parts.status;
    this.body = parts.body;
    this.#parts = parts;
  }

  /** The first value of a header; `name` in lower case. */
  header(name: string): string | undefined {
    return this.headerLines(name)[0];
  }

  /** All values of a header that may be repeated. */
  headerLines(name: string): readonly string[] {
    const value = this.#parts.headers[name];
    return value === undefined ? [] : Array.isArray(value) ? value : [value];
  }

  /** The media type without its parameters: `application/json; charset=utf-8` counts as `application/json`. */
  get mediaType(): string {
    return (this.header("content-type") ?? "").split(";")[0]?.trim().toLowerCase() ?? "";
  }

  /** The declared length of the body, in bytes. */
  get contentLength(): number | undefined {
    const text = this.header("content-length");
    return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
  }

  /** Lets go of the body, so that the connection can be used again. Never fails. */
  discard(): Promise<void> {
    return this.#parts.discard();
  }

  /** Reads the body into a sink, until its end or until the sink wants no more. */
  async pour(sink: ByteSink): Promise<void> {
    if (this.#parts.pour) return this.#parts.pour(sink);
    for await (const chunk of this.body) if (!pourInto(sink, chunk)) return;
  }

  /**
   * Reads the body into memory; a declared length above the limit is refused before the first byte.
   *
   * @throws {@link ContentError} `LIMIT_EXCEEDED`.
   */
  async bytes(limitBytes: number): Promise<Uint8Array> {
    const declared = this.contentLength;
    if (declared !== undefined && declared > limitBytes) {
      await this.discard();
      throw new ContentError("LIMIT_EXCEEDED", `answer has ${declared} bytes, expected at most ${limitBytes}`);
    }
    return collect(this.body, limitBytes);
  }

  /** @throws {@link RegistryError} `BAD_RESPONSE` when the body is not JSON, as with a proxy's HTML page. */
  async json(limitBytes: number): Promise<JsonValue> {
    const bytes = await this.bytes(limitBytes);
    try {
      return parseStrictJson(bytes);
    } catch (cause) {
      throw this.error("BAD_RESPONSE", `answered ${this.mediaType || "something"} that is not JSON`, { cause });
    }
  }

  /** An error about this answer. */
  error(code: RegistryErrorCode, message: string, extra: { readonly cause?: unknown } = {}): RegistryError {
    return new RegistryError(code, message, { method: this.method, url: this.url, status: this.status, ...extra });
  }
}

/** Copies bytes into a sink. @returns false when it wants no more. */
export function pourInto(sink: ByteSink, bytes: Uint8Array): boolean {
  for (let at = 0; at < bytes.byteLength; ) {
    const room = sink.room();
    const count = Math.min(room.byteLength, bytes.byteLength - at);
    room.set(bytes.subarray(at, at + count));
    at += count;
    if (!sink.filled(count)) return false;
  }
  return true;
}
