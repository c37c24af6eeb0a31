import { connect, createServer, type Socket } from "node:net";

/** A way to a registry on which connections break off. */
export interface CuttingProxy {
  /** `127.0.0.1:<port>` */
  readonly host: string;
  /** Requests passed on so far, such as `PUT`, in order. */
  readonly methods: readonly string[];
  /** Bytes that the registry has answered so far, heads included. */
  readonly answeredBytes: number;
  /** Resets the next connection that has carried so many bytes to the registry since its last request line. */
  cutAfter(bytes: number): void;
  close(): Promise<void>;
}

/** Starts one in front of a registry; it keeps the Host header, so that Locations lead back through it. */
export async function startCuttingProxy(registry: string): Promise<CuttingProxy> {
  const [hostname = "", port = ""] = registry.split(":");
  const methods: string[] = [];
  const sockets = new Set<Socket>();
  let limit = Number.POSITIVE_INFINITY;
  let answeredBytes = 0;
  const server = createServer((client) => {
    const upstream = connect(Number(port), hostname);
    let carried = 0;
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on("close", () => sockets.delete(socket));
      socket.on("error", () => {
        client.destroy();
        upstream.destroy();
      });
    }
    upstream.on("data", (chunk: Buffer) => (answeredBytes += chunk.byteLength));
    upstream.pipe(client);
    client.on("end", () => upstream.end());
    client.on("data", (chunk: Buffer) => {
      const method = /^(GET|HEAD|POST|PUT|PATCH|DELETE) \/\S+ HTTP\/1\.1\r\n/.exec(chunk.toString("latin1"))?.[1];
      if (method) methods.push(method);
      carried = (method ? 0 : carried) + chunk.byteLength;
      if (carried < limit) {
        if (!upstream.write(chunk)) {
          client.pause();
          upstream.once("drain", () => client.resume());
        }
        return;
      }
      limit = Number.POSITIVE_INFINITY;
      // What was carried arrives; the end of it does not.
      upstream.end(chunk);
      client.resetAndDestroy();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no TCP port");
  return {
    host: `127.0.0.1:${address.port}`,
    methods,
    get answeredBytes() {
      return answeredBytes;
    },
    cutAfter: (bytes) => (limit = bytes),
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
