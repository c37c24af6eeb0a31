import { setTimeout as wait } from "node:timers/promises";
import type { z } from "zod";
import { parseStrictJson } from "../../base/json.ts";
import { schemaProblems } from "../../base/schema-problems.ts";
import type { CallOptions } from "../../oci/content.ts";
import { printable } from "../document.ts";
import { SigningError } from "../errors.ts";
import { serviceReplyLimitBytes } from "../limits.ts";

/** The `fetch` of the platform, or one with proxies and certificate authorities of its own. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

/** One question to a certificate authority, log or timestamp authority. */
export interface ServiceRequest extends CallOptions {
  /** For people: `certificate authority`. */
  readonly service: string;
  readonly url: string;
  readonly method?: "GET" | "POST";
  readonly contentType?: string;
  readonly accept?: string;
  readonly authorization?: string;
  readonly body?: string | Uint8Array<ArrayBuffer>;
  /** A log of the second version answers when the entry is in it, which can take 20 s and more. */
  readonly timeoutMs?: number;
  /** Statuses above 300 that are answers here, and no refusals; default: 409, a log's "it is there already". */
  readonly isAnswer?: (status: number) => boolean;
}

export interface ServiceReply {
  readonly status: number;
  readonly location: string | null;
  readonly body: Uint8Array;
}

const defaultTimeoutMs = 30_000;

/** Attempts at a service that does not answer, and the pause before the second. */
const attempts = 3;
const pauseMs = 500;

/**
 * Asks a service of a sigstore instance, again when it does not answer.
 *
 * Redirects are not followed: what is sent holds an identity token, or is about to be published.
 *
 * @returns an answer below 300, or one that the request takes for an answer.
 * @throws {@link SigningError} `SERVICE_REFUSED` or `SERVICE_UNAVAILABLE`. Neither repeats what was sent.
 */
export async function askService(fetch: Fetch, request: ServiceRequest): Promise<ServiceReply> {
  checkUrl(request);
  for (let attempt = 1; ; attempt++) {
    request.signal?.throwIfAborted();
    try {
      return await askOnce(fetch, request);
    } catch (error) {
      request.signal?.throwIfAborted();
      if (!(error instanceof SigningError) || error.code !== "SERVICE_UNAVAILABLE" || attempt >= attempts) throw error;
      await pause(pauseMs * attempt, request);
    }
  }
}

/** Waits. @throws the reason of the caller's signal, as soon as there is one. */
export async function pause(milliseconds: number, { signal }: CallOptions = {}): Promise<void> {
  await wait(milliseconds, undefined, { signal: signal ?? undefined }).catch(() => signal?.throwIfAborted());
}

/** Reads a JSON reply and checks its shape; a service is no more trusted than a registry. */
export function parseReply<Schema extends z.ZodType>(
  service: string,
  body: Uint8Array,
  schema: Schema,
): z.output<Schema> {
  let json: unknown;
  try {
    json = parseStrictJson(body);
  } catch (cause) {
    throw unavailable(service, `its answer is not JSON: ${(cause as Error).message}`, cause);
  }
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  throw unavailable(service, `its answer is not as expected: ${printable(schemaProblems(parsed.error))}`);
}

/** The error for an answer that is of no use. */
export function unavailable(service: string, reason: string, cause?: unknown): SigningError {
  return new SigningError("SERVICE_UNAVAILABLE", `the ${service} cannot be used: ${reason}`, { cause });
}

/** Tokens go over the wire: plain HTTP is for this machine alone. */
function checkUrl({ service, url }: ServiceRequest): void {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  const isLoopback = parsed !== undefined && /^(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(parsed.hostname);
  if (parsed?.protocol === "https:" || (parsed?.protocol === "http:" && isLoopback)) return;
  throw new SigningError("SERVICE_REFUSED", `the address of the ${service} is ${printable(url)}, expected https`);
}

async function askOnce(fetch: Fetch, request: ServiceRequest): Promise<ServiceReply> {
  const { service, url, method = "POST", contentType, accept, authorization, body, signal } = request;
  const { isAnswer = (status: number) => status === 409 } = request;
  const timeout = AbortSignal.timeout(request.timeoutMs ?? defaultTimeoutMs);
  let reply: ServiceReply;
  try {
    const response = await fetch(url, {
      method,
      redirect: "manual",
      headers: {
        ...(contentType === undefined ? {} : { "content-type": contentType }),
        ...(accept === undefined ? {} : { accept }),
        ...(authorization === undefined ? {} : { authorization }),
      },
      ...(body === undefined ? {} : { body }),
      signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
    });
    reply = { status: response.status, location: response.headers.get("location"), body: await readBody(response) };
  } catch (cause) {
    if (cause instanceof SigningError) throw cause;
    throw unavailable(service, `${new URL(url).host}: ${reasonOf(cause)}`, cause);
  }
  if (reply.status < 300 || isAnswer(reply.status)) return reply;
  const said = printable(Buffer.from(reply.body).toString()) || "nothing";
  if (reply.status >= 500 || reply.status === 429) throw unavailable(service, `HTTP ${reply.status}: ${said}`);
  throw new SigningError("SERVICE_REFUSED", `the ${service} answered HTTP ${reply.status}: ${said}`);
}

async function readBody(response: Response): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    size += chunk.byteLength;
    if (size > serviceReplyLimitBytes) {
      throw new SigningError("SERVICE_REFUSED", `an answer is longer than ${serviceReplyLimitBytes} bytes`);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** fetch says "fetch failed" and keeps the reason as cause. */
function reasonOf(error: unknown): string {
  const { cause, message } = error as Error;
  return cause instanceof Error ? cause.message : message;
}
