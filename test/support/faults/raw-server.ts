import type { AddressInfo } from "node:net";
import { createServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import { certificate, certificateKey } from "./certificate.ts";

/** A server that may answer anything, HTTP or not. */
export interface RawServer {
  /** `127.0.0.1:<port>` */
  readonly host: string;
  /** Connections so far, those included that were ended at once. */
  readonly connections: number;
  close(): Promise<void>;
}

/** Gets each connection, and its number from 1. With TLS it gets the connections whose handshake succeeded. */
export type OnConnection = (socket: Socket, number: number) => void;

/** Starts a TCP server of which only the handler knows what it says. */
export async function startRawServer(onConnection: OnConnection, options: { tls?: boolean } = {}): Promise<RawServer> {
  const sockets = new Set<Socket>();
  let connections = 0;
  const take = (socket: Socket) => {
    socket.on("error", () => {});
    onConnection(socket, connections);
  };
  const server: Server = options.tls
    ? createTlsServer({ cert: certificate, key: certificateKey, ALPNProtocols: ["h2", "http/1.1"] }, take)
    : createServer(take);
  server.prependListener("connection", (socket: Socket) => {
    connections += 1;
    sockets.add(socket);
    socket.on("error", () => {});
    socket.once("close", () => sockets.delete(socket));
  });
  server.on("tlsClientError", () => {});
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    get connections() {
      return connections;
    },
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

/** Calls back with each request's head: for servers that answer requests without a body. */
export function onHead(socket: Socket, answer: (head: string) => void): void {
  let text = "";
  socket.on("data", (chunk) => {
    text += chunk.toString("latin1");
    for (let end = text.indexOf("\r\n\r\n"); end >= 0; end = text.indexOf("\r\n\r\n")) {
      answer(text.slice(0, end));
      text = text.slice(end + 4);
    }
  });
}
