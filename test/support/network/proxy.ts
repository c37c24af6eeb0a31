import { createServer, type IncomingMessage, request as send } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { type AddressInfo, connect, type Socket } from "node:net";
import { onTestFinished } from "vitest";

/** One thing that was asked of the proxy. */
export interface ProxyRequest {
  /** CONNECT for a tunnel, else the method of the request. */
  readonly method: string;
  /** `host:port` of a tunnel, else an absolute URL. */
  readonly target: string;
  readonly headers: IncomingMessage["headers"];
}

export interface ProxySettings {
  /** `user:password` that it wants; everybody else gets 407. */
  readonly credentials?: string;
  /** Answers this to everything. */
  readonly refuse?: number;
  /** Its own certificate, when it is to be spoken to in TLS. */
  readonly tls?: { readonly cert: string; readonly key: string };
}

export interface RunningProxy {
  readonly port: number;
  /** Everything it saw, in order; of a tunnel only its opening. */
  readonly seen: readonly ProxyRequest[];
}

/**
 * A proxy in this process, for tunnels and for plain requests, that ends with the test.
 *
 * Every name is 127.0.0.1 to it, so that a test can tell that the proxy, and not the client, looked it up.
 */
export async function startProxy({ credentials, refuse, tls }: ProxySettings = {}): Promise<RunningProxy> {
  const seen: ProxyRequest[] = [];
  const sockets = new Set<Socket>();
  const wanted = credentials && `Basic ${Buffer.from(credentials).toString("base64")}`;
  const refusal = ({ method = "", url = "", headers }: IncomingMessage): number | undefined => {
    seen.push({ method, target: url, headers });
    return refuse ?? (wanted !== undefined && headers["proxy-authorization"] !== wanted ? 407 : undefined);
  };
  const server = tls ? createTlsServer(tls) : createServer();
  server.on("connection", (socket) => sockets.add(socket));
  server.on("request", (request: IncomingMessage, response) => {
    const status = refusal(request);
    if (status !== undefined) return void response.writeHead(status, { "content-length": "0" }).end();
    const { url = "" } = request;
    const { port, host, origin } = new URL(url);
    const { "proxy-authorization": _ours, ...headers } = request.headers;
    const options = { host: "127.0.0.1", port, path: url.slice(origin.length), method: request.method, headers };
    const onward = send({ ...options, headers: { ...headers, host } }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    onward.on("error", () => response.destroy());
    request.pipe(onward);
  });
  server.on("connect", (request: IncomingMessage, client: Socket) => {
    client.on("error", () => {});
    const status = refusal(request);
    if (status !== undefined) return void client.end(`HTTP/1.1 ${status} No\r\ncontent-length: 0\r\n\r\n`);
    const onward = connect(Number(request.url?.split(":").at(-1)), "127.0.0.1", () => {
      client.write("HTTP/1.1 200 Connection established\r\n\r\n");
      onward.pipe(client).pipe(onward);
    });
    sockets.add(onward);
    onward.on("error", () => client.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(async () => {
    const closed = new Promise((resolve) => server.close(resolve));
    for (const socket of sockets) socket.destroy();
    await closed;
  });
  return { port: (server.address() as AddressInfo).port, seen };
}
