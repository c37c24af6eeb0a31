import { type AddressInfo, connect, type Socket } from "node:net";
import { createServer, type TLSSocket } from "node:tls";
import { onTestFinished } from "vitest";
import type { Identity } from "./certificates.ts";

export interface TlsFrontSettings extends Identity {
  /** Authority of the client certificates that it wants to see; without, it wants none. */
  readonly clientCa?: string;
  /** Lets clients without a certificate in, and only notes it. */
  readonly isOptional?: boolean;
}

export interface TlsFront {
  readonly port: number;
  /** Common name of the client's certificate per connection; undefined where there was none. */
  readonly clients: readonly (string | undefined)[];
}

/** Speaks TLS to clients and passes the bytes on to a port of 127.0.0.1, until the test ends. */
export async function startTlsFront(upstream: number, settings: TlsFrontSettings): Promise<TlsFront> {
  const { cert, key, clientCa, isOptional = false } = settings;
  const clients: (string | undefined)[] = [];
  const sockets = new Set<Socket>();
  const client = clientCa ? { ca: clientCa, requestCert: true, rejectUnauthorized: !isOptional } : {};
  const server = createServer({ cert, key, ...client }, (socket: TLSSocket) => {
    const name = socket.getPeerCertificate()?.subject?.CN;
    clients.push(typeof name === "string" ? name : undefined);
    const onward = connect(upstream, "127.0.0.1");
    sockets.add(onward);
    onward.on("error", () => socket.destroy());
    socket.on("error", () => onward.destroy());
    socket.pipe(onward).pipe(socket);
  });
  server.on("connection", (socket: Socket) => sockets.add(socket));
  server.on("tlsClientError", () => {});
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(async () => {
    const closed = new Promise((resolve) => server.close(resolve));
    for (const socket of sockets) socket.destroy();
    await closed;
  });
  return { port: (server.address() as AddressInfo).port, clients };
}
