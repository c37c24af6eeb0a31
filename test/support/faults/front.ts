import { createServer, type IncomingMessage, type ServerResponse, request as send } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { matchRoute, type RouteName } from "../registry/routes.ts";
import { certificate, certificateKey } from "./certificate.ts";

/** One request that came by. */
export interface Passing {
  readonly method: string;
  /** Path and query as they came. */
  readonly path: string;
  readonly route: RouteName | undefined;
  readonly headers: IncomingMessage["headers"];
  /** How often this route has been asked for, this time included. */
  readonly number: number;
}

/** Answers as it likes; `passOn` lets the registry answer after all. */
export type Answer = (request: IncomingMessage, response: ServerResponse, passOn: () => void) => void;

/** What to do instead of passing a request on; undefined passes it on. */
export type Intercept = (passing: Passing) => Answer | undefined;

export interface Front {
  /** `127.0.0.1:<port>` */
  readonly host: string;
  /** Scheme and host. */
  readonly url: string;
  readonly requests: readonly Passing[];
  close(): Promise<void>;
}

/**
 * Stands in front of a registry and takes over some of its answers, down to single bytes of the connection.
 *
 * @param upstream - `127.0.0.1:<port>`; absent for a server that has only what it takes over.
 */
export async function startFront(
  upstream: string | undefined,
  intercept: Intercept,
  options: { tls?: boolean } = {},
): Promise<Front> {
  const requests: Passing[] = [];
  const serve = (request: IncomingMessage, response: ServerResponse) => {
    const { method = "GET", url = "/", headers } = request;
    request.on("error", () => {});
    response.on("error", () => {});
    const route = matchRoute(method, url.replace(/\?.*/, ""))?.route;
    const number = requests.filter((each) => each.route === route).length + 1;
    const passing = { method, path: url, route, headers, number };
    requests.push(passing);
    const pass = () => {
      if (upstream === undefined) response.writeHead(404, { "content-length": "0" }).end();
      else passOn(upstream, request, response);
    };
    const answer = intercept(passing);
    if (answer) answer(request, response, pass);
    else pass();
  };
  const server = options.tls ? createTlsServer({ cert: certificate, key: certificateKey }, serve) : createServer(serve);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    host,
    url: `${options.tls ? "https" : "http"}://${host}`,
    requests,
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

function passOn(upstream: string, request: IncomingMessage, response: ServerResponse): void {
  const { method = "GET", url = "/", headers } = request;
  const [hostname, port] = upstream.split(":");
  const forwarded = send({ hostname, port, method, path: url, headers }, (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(response);
  });
  forwarded.on("error", () => response.destroy());
  request.pipe(forwarded);
}
