import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Digest } from "../../../src/base/digest.ts";
import { Gate, scopeOf } from "./auth.ts";
import { alter, type Fault, type FaultAction, Faults } from "./faults.ts";
import type { RegistryOptions } from "./options.ts";
import { errorReply, type Reply } from "./reply.ts";
import { matchRoute, type RouteName, runRoute } from "./routes.ts";
import { RegistryState } from "./state.ts";

export interface RecordedRequest {
  readonly method: string;
  /** Path and query as they came. */
  readonly path: string;
  readonly route: RouteName | undefined;
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** The client's port: equal for requests over one connection. */
  readonly clientPort: number | undefined;
}

export interface RunningRegistry {
  /** `http://127.0.0.1:<port>` */
  readonly url: string;
  /** `127.0.0.1:<port>` */
  readonly host: string;
  /** Every request so far, in order. */
  readonly requests: readonly RecordedRequest[];
  /** What is stored, to look at and to tamper with. */
  readonly state: RegistryState;
  /** Counts requests on a route. */
  count(route: RouteName): number;
  addFault(fault: Fault): void;
  clearFaults(): void;
  revokeTokens(): void;
  /** Flips a bit of stored content. */
  corrupt(repository: string, digest: Digest): void;
  close(): Promise<void>;
}

/** Starts an OCI registry in this process, that forgets everything when it is closed. */
export async function startRegistry(options: RegistryOptions = {}): Promise<RunningRegistry> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(options.port ?? 0, "127.0.0.1", resolve));
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const registry = new InProcessRegistry(server, host, options);
  server.on("request", (request, response) => void registry.serve(request, response));
  return registry;
}

class InProcessRegistry implements RunningRegistry {
  readonly host: string;
  readonly url: string;
  readonly requests: RecordedRequest[] = [];
  readonly state = new RegistryState();
  readonly #server: Server;
  readonly #options: RegistryOptions;
  readonly #gate: Gate;
  readonly #faults: Faults;

  constructor(server: Server, host: string, options: RegistryOptions) {
    this.#server = server;
    this.host = host;
    this.url = `http://${host}`;
    this.#options = options;
    this.#gate = new Gate(options.auth ?? { kind: "none" }, this.url);
    this.#faults = new Faults(options.faults);
  }

  count(route: RouteName): number {
    return this.requests.filter((request) => request.route === route).length;
  }

  addFault(fault: Fault): void {
    this.#faults.add(fault);
  }

  clearFaults(): void {
    this.#faults.clear();
  }

  revokeTokens(): void {
    this.#gate.revokeTokens();
  }

  corrupt(repository: string, digest: Digest): void {
    const { blobs, manifests } = this.state.open(repository);
    const flip = (bytes: Uint8Array) => bytes.map((byte, at) => (at === bytes.byteLength >> 1 ? byte ^ 1 : byte));
    const blob = blobs.get(digest);
    if (blob) blobs.set(digest, flip(blob));
    const manifest = manifests.get(digest);
    if (manifest) manifests.set(digest, { ...manifest, bytes: flip(manifest.bytes) });
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeAllConnections();
    await closed;
  }

  async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = "GET", url = "/" } = request;
    const [path = "/", query = ""] = split(url);
    const match = matchRoute(method, path);
    const headers = request.headers as Record<string, string | undefined>;
    this.requests.push({ method, path: url, route: match?.route, headers, clientPort: request.socket.remotePort });
    const fault = match && this.#faults.take(match.route);
    if (fault?.kind === "answer") return sendEarly(response, fault);
    const refused = match && match.route !== "token" ? this.#refuse(match, method, headers) : undefined;
    const body = await readBody(request, response, fault);
    if (!body) return;
    const parameters = new URLSearchParams(query);
    const answer = (): Reply => {
      if (!match) return errorReply(404, "NAME_INVALID", "no such route");
      if (refused) return refused;
      if (match.route === "token") return this.#gate.token({ method, headers }, parameters, body);
      const call = {
        state: this.state,
        options: this.#options,
        method,
        headers,
        query,
        parameters,
        body,
        url,
        ...match,
      };
      return runRoute(match.route, call);
    };
    send(response, method, alter(answer(), fault), fault);
  }

  #refuse(match: { route: RouteName; name: string }, method: string, headers: RecordedRequest["headers"]) {
    return this.#gate.check({ method, headers }, scopeOf(method, match.name, match.route === "catalog"));
  }
}

function split(url: string): [string, string] {
  const at = url.indexOf("?");
  return at < 0 ? [url, ""] : [url.slice(0, at), url.slice(at + 1)];
}

/** Reads the request's body; undefined when a fault ended the exchange before, or the client did. */
async function readBody(
  request: IncomingMessage,
  response: ServerResponse,
  fault: FaultAction | undefined,
): Promise<Uint8Array | undefined> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  const limit = fault?.kind === "interrupt" ? fault.afterBytes : Number.POSITIVE_INFINITY;
  try {
    for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Uint8Array>) {
      chunks.push(chunk);
      size += chunk.byteLength;
      if (size >= limit) break;
    }
  } catch {
    return undefined;
  }
  if (fault?.kind !== "interrupt") return Buffer.concat(chunks);
  if (fault.outcome === "reset") request.socket.resetAndDestroy();
  else if (typeof fault.outcome === "number") sendEarly(response, { status: fault.outcome });
  return undefined;
}

/** Answers without having read the request, and ends the connection as servers do then. */
function sendEarly(
  response: ServerResponse,
  { status, headers, body = "" }: { status: number; headers?: Record<string, string>; body?: string },
): void {
  response.writeHead(status, { connection: "close", ...headers, "content-length": String(Buffer.byteLength(body)) });
  response.end(body);
}

function send(response: ServerResponse, method: string, answer: Reply, fault: FaultAction | undefined): void {
  const body = answer.body ?? new Uint8Array();
  const breaks = fault?.kind === "stall" || fault?.kind === "reset" ? fault : undefined;
  if (fault?.kind === "lose answer" || (breaks?.kind === "reset" && breaks.afterBytes < 0)) {
    response.socket?.resetAndDestroy();
    return;
  }
  if (breaks && breaks.afterBytes < 0) return;
  const isTruncated = fault?.kind === "truncate";
  const length = isTruncated ? {} : { "content-length": String(body.byteLength) };
  response.writeHead(answer.status, { ...(answer.status === 204 ? {} : length), ...answer.headers });
  if (method === "HEAD") response.end();
  else if (isTruncated) response.end(body.subarray(0, fault.bytes));
  else if (!breaks) response.end(body);
  else {
    response.write(body.subarray(0, breaks.afterBytes), () => {
      if (breaks.kind === "reset") setTimeout(() => response.socket?.resetAndDestroy(), 20);
    });
    response.flushHeaders();
  }
}
