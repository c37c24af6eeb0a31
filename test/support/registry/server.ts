import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Digest } from "../../../src/base/digest.ts";
import { Gate, scopeOf } from "./auth.ts";
import { alter, type Fault, type FaultAction, Faults } from "./faults.ts";
import type { RegistryOptions } from "./options.ts";
import { errorReply, type Reply } from "./reply.ts";
import { type Call, matchRoute, type RouteName, runRoute } from "./routes.ts";
import { RegistryState } from "./state.ts";
import { type BlobStorage, startStorage } from "./storage.ts";
import { cutUpload } from "./uploads.ts";

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
  /** Bytes of bodies that were answered on a route so far; on all without one. */
  bytesSent(route?: RouteName): number;
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
  const state = new RegistryState();
  const storage = options.blobRedirect ? await startStorage(state, options) : undefined;
  const registry = new InProcessRegistry({ server, host, options, state, storage });
  server.on("request", (request, response) => void registry.serve(request, response));
  return registry;
}

interface RegistryParts {
  readonly server: Server;
  readonly host: string;
  readonly options: RegistryOptions;
  readonly state: RegistryState;
  readonly storage: BlobStorage | undefined;
}

class InProcessRegistry implements RunningRegistry {
  readonly host: string;
  readonly url: string;
  readonly requests: RecordedRequest[] = [];
  readonly state: RegistryState;
  readonly #server: Server;
  readonly #storage: BlobStorage | undefined;
  readonly #options: RegistryOptions;
  readonly #gate: Gate;
  readonly #faults: Faults;
  readonly #sent = new Map<RouteName, number>();

  constructor({ server, host, options, state, storage }: RegistryParts) {
    this.#server = server;
    this.#storage = storage;
    this.state = state;
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

  bytesSent(route?: RouteName): number {
    const counts = route === undefined ? [...this.#sent.values()] : [this.#sent.get(route) ?? 0];
    return counts.reduce((sum, bytes) => sum + bytes, 0);
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
    await this.#storage?.close();
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
    const { bodyLimitBytes = Number.POSITIVE_INFINITY } = this.#options;
    // Real limits are far above the 4 MiB of a manifest; the scaled-down ones of tests are not.
    if (match?.route.startsWith("upload.") && Number(headers["content-length"] ?? 0) > bodyLimitBytes) {
      return sendEarly(response, { status: 413, headers: { "content-type": "text/html" }, body: "<h1>413</h1>" });
    }
    const { body, isWhole } = await readBody(request, response, fault);
    const parameters = new URLSearchParams(query);
    const call = match && {
      state: this.state,
      options: this.#options,
      storageUrl: this.#storage?.url ?? "",
      method,
      headers,
      query,
      parameters,
      body,
      url,
      ...match,
    };
    if (!isWhole) {
      if (call && !refused) cutUpload(call);
      return;
    }
    const answer = alter(refused ?? this.#answer(call), fault);
    const sent = method === "HEAD" ? 0 : (answer.body?.byteLength ?? 0);
    if (match) this.#sent.set(match.route, (this.#sent.get(match.route) ?? 0) + sent);
    send(response, method, answer, fault);
  }

  #answer(call: (Call & { route: RouteName }) | undefined): Reply {
    if (!call) return errorReply(404, "NAME_INVALID", "no such route");
    if (call.route === "token") return this.#gate.token(call, call.parameters, call.body);
    return runRoute(call.route, call);
  }

  #refuse(match: { route: RouteName; name: string }, method: string, headers: RecordedRequest["headers"]) {
    if (match.route.startsWith("harbor.")) return this.#gate.checkHarbor({ method, headers }, match.route);
    return this.#gate.check({ method, headers }, scopeOf(method, match.name, match.route === "catalog"));
  }
}

function split(url: string): [string, string] {
  const at = url.indexOf("?");
  return at < 0 ? [url, ""] : [url.slice(0, at), url.slice(at + 1)];
}

/** Reads the request's body; not whole when a fault ended the exchange before, or the client did. */
async function readBody(
  request: IncomingMessage,
  response: ServerResponse,
  fault: FaultAction | undefined,
): Promise<{ readonly body: Uint8Array; readonly isWhole: boolean }> {
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
    return { body: Buffer.concat(chunks), isWhole: false };
  }
  const body = Buffer.concat(chunks);
  if (fault?.kind !== "interrupt") return { body, isWhole: true };
  if (fault.outcome === "reset") request.socket.resetAndDestroy();
  else if (typeof fault.outcome === "number") sendEarly(response, { status: fault.outcome });
  return { body, isWhole: false };
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
