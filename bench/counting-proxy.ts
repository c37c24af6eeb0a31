import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";

/** What went over the wire. Bytes are those of TCP's payload: HTTP's headers, and TLS's records, are in them. */
export interface Wire {
  readonly sentBytes: number;
  readonly receivedBytes: number;
  readonly connections: number;
  /** Undefined over TLS, where they cannot be seen. */
  readonly requests?: number;
}

/** A way to a registry on which everything is counted, and which can break off. */
export interface CountingProxy {
  /** `127.0.0.1:<port>` */
  readonly host: string;
  /** Counts since the start or the last `reset`. */
  counted(): Wire;
  reset(): void;
  /** Once so many bytes have come from the registry, everything is cut and nothing is let in; resolves then. */
  cutAfter(bytes: number): Promise<void>;
  close(): Promise<void>;
}

const requestLine = /^(?:GET|HEAD|POST|PUT|PATCH|DELETE) \/\S* HTTP\/1\.1\r\n/;

/** Starts one in front of a registry. The Host header stays, so that Locations lead back through it. */
export async function startCountingProxy(registry: string, isTls = false): Promise<CountingProxy> {
  const [hostname = "", port = ""] = registry.split(":");
  let [sent, received, connections, requests] = [0, 0, 0, 0];
  let [cutAt, isCut] = [Number.POSITIVE_INFINITY, () => {}];
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    if (received >= cutAt) {
      client.destroy();
      return;
    }
    connections++;
    const upstream = connect(Number(port), hostname);
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.setNoDelay(true);
      socket.on("close", () => sockets.delete(socket));
      socket.on("error", () => {
        client.destroy();
        upstream.destroy();
      });
    }
    client.on("data", (chunk: Buffer) => {
      sent += chunk.byteLength;
      if (requestLine.test(chunk.toString("latin1", 0, 4096))) requests++;
    });
    upstream.on("data", (chunk: Buffer) => {
      received += chunk.byteLength;
      if (received < cutAt) return;
      for (const socket of sockets) socket.destroy();
      isCut();
    });
    client.pipe(upstream);
    upstream.pipe(client);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no TCP port");
  return {
    host: `127.0.0.1:${address.port}`,
    counted: () => ({
      sentBytes: sent,
      receivedBytes: received,
      connections,
      ...(isTls ? {} : { requests }),
    }),
    reset: () => {
      [sent, received, connections, requests, cutAt] = [0, 0, 0, 0, Number.POSITIVE_INFINITY];
    },
    cutAfter: (bytes) => {
      cutAt = bytes;
      return new Promise((resolve) => {
        isCut = resolve;
      });
    },
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}
