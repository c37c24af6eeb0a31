import { certificateReason } from "./certificate.ts";
import { RegistryError } from "./error.ts";
import { LocalAddressError } from "./resolve.ts";
import type { HttpUrl } from "./url.ts";

/** What went wrong below HTTP, in words, and whether the same request may succeed later. */
const reasons: Readonly<Record<string, readonly [reason: string, isTemporary: boolean]>> = {
  ECONNREFUSED: ["nothing listens there (connection refused)", true],
  ECONNRESET: ["the connection was reset", true],
  ECONNABORTED: ["the connection was aborted", true],
  EPIPE: ["the connection was closed while sending", true],
  UND_ERR_SOCKET: ["the connection was closed early", true],
  UND_ERR_PRX_CONN: ["the proxy closed the connection", true],
  UND_ERR_CLOSED: ["the registry object was closed", false],
  UND_ERR_DESTROYED: ["the registry object was closed", false],
  ENOTFOUND: ["no such host", false],
  EAI_AGAIN: ["the name server did not answer", true],
  EHOSTUNREACH: ["the host cannot be reached", true],
  ENETUNREACH: ["the network cannot be reached", true],
  ETIMEDOUT: ["the connection timed out", true],
  ERR_SSL_WRONG_VERSION_NUMBER: ["it does not speak TLS; expected https", false],
  EPROTO: ["it does not speak TLS; expected https", false],
};

export interface FailedRequest {
  readonly method: string;
  readonly url: HttpUrl;
  /** Origin of the proxy that the request went through. */
  readonly via?: string | undefined;
}

/** Turns what undici, Node or OpenSSL threw into a {@link RegistryError}; their messages hold no header values. */
export function networkError(cause: unknown, { method, url, via }: FailedRequest): RegistryError {
  const code = errorCode(cause);
  const facts = { method, url, cause };
  if (cause instanceof LocalAddressError) {
    const message = `${cause.hostname} is ${cause.address}, an address of this machine or its link`;
    return new RegistryError("REDIRECT_REFUSED", message, facts);
  }
  const certificate = certificateReason(code);
  if (certificate) return new RegistryError("CERTIFICATE_REFUSED", `${certificate} (${code})`, facts);
  if (via !== undefined) return proxyError(cause, { method, url, via });
  if (code === "UND_ERR_CONNECT_TIMEOUT" || code === "ETIMEDOUT") {
    return new RegistryError("TIMEOUT", "no connection in time", facts);
  }
  // undici's own parse error has a code only where its parser gave one.
  if (isParseError(cause) || /^HPE_|^UND_ERR_(?:RES_|RESPONSE|HEADERS_OVERFLOW)/.test(code)) {
    return new RegistryError("BAD_RESPONSE", `the answer is not HTTP${code && ` (${code})`}`, facts);
  }
  const known = reasons[code];
  if (known) return new RegistryError("NETWORK", known[0], { ...facts, isTemporary: known[1] });
  // What is left is mostly about certificates, which the same request will not change.
  const detail = cause instanceof Error && cause.message ? cause.message.split("\n")[0]?.slice(0, 200) : String(cause);
  return new RegistryError("NETWORK", code ? `${detail} (${code})` : `${detail}`, { ...facts, isTemporary: false });
}

/** Nothing but connecting is between us and a proxy: whatever fails there is said to have failed there. */
function proxyError(cause: unknown, { method, url, via }: FailedRequest): RegistryError {
  const facts = { method, url, cause };
  const status = /^Proxy response \((\d{3})\)|\((407)\)$/.exec(cause instanceof Error ? cause.message : "");
  const answered = status?.[1] ?? status?.[2];
  if (answered === "407") {
    return new RegistryError("NETWORK", `the proxy ${via} wants other credentials`, { ...facts, isTemporary: false });
  }
  if (answered !== undefined) {
    const isTemporary = Number(answered) >= 500;
    return new RegistryError("NETWORK", `the proxy ${via} answered ${answered} to CONNECT`, { ...facts, isTemporary });
  }
  const plain = networkError(cause, { method, url });
  const message = plain.message.slice(`${method} ${plain.url}: `.length);
  return new RegistryError(plain.code, `by way of the proxy ${via}: ${message}`, {
    ...facts,
    isTemporary: plain.isTemporary,
  });
}

/** The code of an error or of the first error inside it: Node wraps a failed connect to several addresses. */
export function errorCode(error: unknown): string {
  if (typeof error !== "object" || error === null) return "";
  const { code, errors, cause } = error as { code?: unknown; errors?: unknown[]; cause?: unknown };
  if (typeof code === "string") return code;
  return errorCode(errors?.[0] ?? cause);
}

function isParseError(cause: unknown): boolean {
  return cause instanceof Error && cause.name === "HTTPParserError";
}
