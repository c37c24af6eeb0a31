import type { Clock } from "../../../base/clock.ts";
import { errorBodyLimitBytes } from "../../../base/limits.ts";
import { RegistryError, type RegistryErrorCode } from "./error.ts";
import type { HttpResponse } from "./response.ts";
import { parseRetryAfter } from "./retry.ts";

/** As much of what a registry says as goes into one line of an error message. */
const snippetLimitCharacters = 200;
/** Codes kept from one error envelope; real ones hold one. */
const registryCodeLimit = 8;

export interface RefusalOptions {
  readonly clock: Clock;
  /** Texts that must not appear in a message even when the registry echoes the request. */
  readonly secrets?: readonly string[];
  /** Said after the status, such as that there are no credentials. */
  readonly note?: string | undefined;
}

/** Reads an answer that is not what was asked for and says so: error envelope, HTML page or nothing alike. */
export async function refusal(response: HttpResponse, options: RefusalOptions): Promise<RegistryError> {
  const { status } = response;
  const said = describe(await readText(response), options.secrets ?? []);
  const retryAfterMs = parseRetryAfter(response.header("retry-after"), options.clock);
  const code = codeOf(status, said.codes, response.header("www-authenticate"));
  const message = [`answered ${status}`, options.note, said.text].filter((part) => part).join(": ");
  return new RegistryError(code, message, {
    method: response.method,
    url: response.url,
    status,
    registryCodes: said.codes,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    // 501 and 505 are about what was asked, not about the moment.
    ...(status === 501 || status === 505 ? { isTemporary: false } : {}),
  });
}

function codeOf(status: number, codes: readonly string[], challenge: string | undefined): RegistryErrorCode {
  // A valid token without the right to do this: other credentials of the same user will not help.
  if (status === 401 && challenge?.includes("insufficient_scope")) return "DENIED";
  if (status === 401) return "UNAUTHORIZED";
  if (status === 403) return "DENIED";
  if (status === 429 || codes.includes("TOOMANYREQUESTS")) return "RATE_LIMITED";
  // 499 is nginx's and GCR's word for a request that a proxy in between gave up on.
  if (status === 408 || status === 499 || status >= 500) return "UNAVAILABLE";
  return "BAD_RESPONSE";
}

/** The first bytes of the body; a body that breaks off says nothing more than the status did. */
async function readText(response: HttpResponse): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const chunk of response.body) {
      chunks.push(chunk);
      size += chunk.byteLength;
      if (size >= errorBodyLimitBytes) break;
    }
  } catch (error) {
    if (!(error instanceof RegistryError)) throw error;
  }
  return Buffer.concat(chunks).subarray(0, errorBodyLimitBytes).toString("utf8");
}

function describe(body: string, secrets: readonly string[]): { text: string; codes: string[] } {
  const envelope = parseEnvelope(body);
  const codes = envelope.flatMap(({ code }) => (typeof code === "string" ? [code.slice(0, 64)] : []));
  const said = envelope.map(({ code, message }) =>
    [code, message].filter((part) => typeof part === "string").join(" "),
  );
  return {
    text: shown(said.length > 0 ? said.join("; ") : body, secrets),
    codes: codes.map((code) => shown(code, secrets)),
  };
}

function parseEnvelope(body: string): { code?: unknown; message?: unknown }[] {
  try {
    const { errors } = JSON.parse(body) as { errors?: unknown };
    const list: readonly unknown[] = Array.isArray(errors) ? errors : [];
    return list.slice(0, registryCodeLimit).filter((error) => typeof error === "object" && error !== null);
  } catch {
    return [];
  }
}

/** One safe line: no markup, no control characters (they reach terminals and logs), no secrets, not long. */
export function shown(text: string, secrets: readonly string[]): string {
  let line = text.replace(/<(style|script)\b.*?<\/\1>|<[^>]*>/gis, " ");
  for (const secret of secrets) {
    // As it is, and as it travels in a form or a query.
    if (secret) line = line.replaceAll(secret, "…").replaceAll(encodeURIComponent(secret), "…");
  }
  line = line.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\s]+/gu, " ").trim();
  return line.length > snippetLimitCharacters ? `${line.slice(0, snippetLimitCharacters)}…` : line;
}
