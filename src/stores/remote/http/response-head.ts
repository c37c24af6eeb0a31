/** The head of an answer whose body is exactly `contentLength` bytes and nothing else. */
export interface ResponseHead {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | string[]>>;
  readonly contentLength: number;
  /** The connection may be used again after the body. */
  readonly isKeptAlive: boolean;
}

const statusLine = /^HTTP\/1\.1 ([2-5]\d\d)(?: [\t\x20-\x7e\x80-\xff]*)?$/;
/** RFC 9110 §5.6.2 and §5.5: a token, no space before the colon, a value without control characters. */
const headerLine = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[\t ]*([\t\x20-\x7e\x80-\xff]*)$/;
/** Statuses whose answers have no body, whatever their headers say (RFC 9112 §6.3). */
const withoutBody: readonly number[] = [204, 304];

/**
 * Reads the head of an answer of the one plain form: HTTP/1.1, a Content-Length, nothing that changes the body.
 *
 * Anything else is refused without saying why: interim answers, chunked and compressed bodies, folded or repeated
 * lines, a bare CR or LF. Whoever gets undefined asks again by way of a complete parser; two readers that understand
 * one answer in two ways are how responses are smuggled.
 *
 * @param text - bytes as latin1, without the empty line at the end.
 */
export function parseResponseHead(text: string): ResponseHead | undefined {
  const [first = "", ...lines] = text.split("\r\n");
  const status = Number(statusLine.exec(first)?.[1]);
  if (!status || withoutBody.includes(status)) return undefined;
  const headers = Object.create(null) as Record<string, string | string[]>;
  for (const line of lines) {
    const [, name, value] = headerLine.exec(line) ?? [];
    if (name === undefined || value === undefined) return undefined;
    append(headers, name.toLowerCase(), value.trimEnd());
  }
  const length = headers["content-length"];
  if (typeof length !== "string" || !/^\d{1,15}$/.test(length)) return undefined;
  if ("transfer-encoding" in headers || (headers["content-encoding"] ?? "identity") !== "identity") return undefined;
  const connection = [headers["connection"] ?? ""].flat().join().toLowerCase();
  return { status, headers, contentLength: Number(length), isKeptAlive: !/\b(?:close|upgrade)\b/.test(connection) };
}

function append(headers: Record<string, string | string[]>, name: string, value: string): void {
  const before = headers[name];
  headers[name] = before === undefined ? value : [...[before].flat(), value];
}
