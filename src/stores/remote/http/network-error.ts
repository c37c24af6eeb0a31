import { RegistryError } from "./error.ts";
import type { HttpUrl } from "./url.ts";

/** What went wrong below HTTP, in words, and whether the same request may succeed later. */
const reasons: Readonly<Record<string, readonly [reason: string, isTemporary: boolean]>> = {
  ECONNREFUSED: ["nothing listens there (connection refused)", true],
  ECONNRESET: ["the connection was reset", true],
  ECONNABORTED: ["the connection was aborted", true],
  EPIPE: ["the connection was closed while sending", true],
  UND_ERR_SOCKET: ["the connection was closed early", true],
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

/** Turns what undici, Node or OpenSSL threw into a {@link RegistryError}; their messages hold no header values. */
export function networkError(cause: unknown, method: string, url: HttpUrl): RegistryError {
  const code = errorCode(cause);
  const facts = { method, url, cause };
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
