import { answer, dripHeaders, onHead, raw } from "../../support/faults/index.ts";
import type { FaultCase, FaultGroup } from "../fault-case.ts";
import { always, pull, times } from "../transfer.ts";
import { impatient, type World } from "../world.ts";

/** Asks a server for nothing but an answer. */
const ping = (world: World, host: string, options: Parameters<World["connect"]>[1] = {}) => {
  const registry = world.connect(host, options);
  return () => registry.ping();
};
const https = { plainHttp: false } as const;
const okay = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-type: application/json\r\n\r\n{}";

const cases: readonly FaultCase[] = [
  {
    id: "connection-refused",
    title: "nothing listens",
    expected: "NETWORK",
    how: "a host that never answered is a wrong address: not tried again",
    requestsAtMost: 0,
    arrange: async (world) => {
      const { host, close } = await world.rawServer(() => {});
      await close();
      return ping(world, host);
    },
  },
  {
    id: "connection-reset-at-accept",
    title: "RST at accept, always",
    expected: "NETWORK",
    requestsAtMost: 6,
    arrange: async (world) => ping(world, (await world.rawServer((socket) => socket.resetAndDestroy())).host),
  },
  {
    id: "connection-reset-at-accept-once",
    title: "RST at accept, once",
    expected: "ok",
    requestsAtMost: 2,
    arrange: async (world) => {
      const server = await world.rawServer((socket, number) => {
        if (number === 1) socket.resetAndDestroy();
        else onHead(socket, () => socket.write(okay));
      });
      return ping(world, server.host);
    },
  },
  {
    id: "tls-untrusted",
    title: "TLS: a certificate that nobody signed",
    expected: "CERTIFICATE_REFUSED",
    how: "not tried again",
    requestsAtMost: 1,
    arrange: async (world) => ping(world, (await world.rawServer(() => {}, { tls: true })).host, https),
  },
  {
    id: "tls-not-spoken",
    title: "TLS: the port speaks plain HTTP",
    expected: "NETWORK",
    how: "not tried again",
    requestsAtMost: 1,
    arrange: async (world) => {
      const server = await world.rawServer((socket) =>
        socket.once("data", () => socket.end("HTTP/1.0 400 Bad Request\r\n\r\n")),
      );
      return ping(world, server.host, https);
    },
  },
  {
    id: "tls-cut",
    title: "TLS: the handshake is cut, always",
    expected: "NETWORK",
    requestsAtMost: 6,
    arrange: async (world) => {
      const server = await world.rawServer((socket) => socket.once("data", () => socket.resetAndDestroy()));
      return ping(world, server.host, https);
    },
  },
  {
    id: "tls-stall",
    title: "TLS: the handshake is never answered, with two attempts",
    expected: "TIMEOUT",
    requestsAtMost: 2,
    arrange: async (world) =>
      ping(world, (await world.rawServer(() => {})).host, { ...https, ...impatient, retry: { retries: 1 } }),
  },
  {
    id: "http2-goaway",
    title: "HTTP/2 is on offer, with its GOAWAY races",
    expected: "ok",
    how: "speaks HTTP/1.1 only",
    requestsAtMost: 1,
    arrange: async (world) => {
      const server = await world.rawServer(
        (socket) => {
          if ("alpnProtocol" in socket && socket.alpnProtocol === "h2") socket.destroy();
          else onHead(socket, () => socket.write(okay));
        },
        { tls: true },
      );
      return ping(world, server.host, { ...https, insecure: true });
    },
  },
  {
    id: "keep-alive-race",
    title: "the kept connection is closed as the next request arrives",
    expected: "ok",
    requestsAtMost: 4,
    arrange: pull({ faults: [times(1, "blob.get", { kind: "reset", afterBytes: -1 })] }),
  },
  {
    id: "not-http",
    title: "the answer is not HTTP",
    expected: "BAD_RESPONSE",
    requestsAtMost: 1,
    arrange: async (world) => {
      const server = await world.rawServer((socket) =>
        onHead(socket, () => socket.write("\x00\x01 what is this\r\n\r\n")),
      );
      return ping(world, server.host);
    },
  },
  {
    id: "headers-endless",
    title: "headers without end",
    expected: "BAD_RESPONSE",
    requestsAtMost: 3,
    arrange: pull({
      front: ({ route }) =>
        route === "blob.get" ? raw(`HTTP/1.1 200 OK\r\n${"x-padding: 0123456789abcdef\r\n".repeat(4_000)}`) : undefined,
    }),
  },
  {
    id: "stall-before-headers",
    title: "stall before the headers, always",
    expected: "TIMEOUT",
    requestsAtMost: 8,
    arrange: pull({ remote: impatient, faults: [always("blob.get", { kind: "stall", afterBytes: -1 })] }),
  },
  {
    id: "headers-drip",
    title: "headers at 20 B/s, without end",
    expected: "TIMEOUT",
    how: "the limit is on all headers together, not on the gap between two bytes",
    requestsAtMost: 8,
    arrange: pull({ remote: impatient, front: ({ route }) => (route === "blob.get" ? dripHeaders(50) : undefined) }),
  },
  {
    id: "connection-close",
    title: "every answer closes its connection",
    expected: "ok",
    requestsAtMost: 3,
    arrange: pull({
      front: ({ route }) => (route === "base" ? answer(200, { connection: "close" }, "{}") : undefined),
      faults: [always("blob.get", { kind: "headers", headers: { connection: "close" } })],
    }),
  },
];

export const connection: FaultGroup = {
  title: "Connection",
  about: "What fails before there is an answer.",
  cases,
};
