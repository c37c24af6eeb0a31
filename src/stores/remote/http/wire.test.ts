import { connect, type Socket } from "node:net";
import fc from "fast-check";
import { afterEach, describe, expect, test } from "vitest";
import { onHead, type RawServer, startRawServer } from "../../../../test/support/faults/index.ts";
import type { ByteSink } from "../../../oci/content.ts";
import { type ConnectorOf, Wire } from "./wire.ts";

/** undici's connector, without undici. */
const connectorOf: ConnectorOf = (onread) => {
  return ({ hostname, port }, callback) => {
    const socket = connect({ host: hostname, port: Number(port), onread });
    socket.once("connect", () => callback(null, socket));
    socket.once("error", (error) => callback(error, null));
  };
};

const servers: RawServer[] = [];
const wires: Wire[] = [];
afterEach(async () => {
  for (const wire of wires.splice(0)) wire.close();
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

async function write(socket: Socket, answer: Buffer, cuts: readonly number[]): Promise<void> {
  let at = 0;
  for (const end of [...cuts, answer.length].sort((a, b) => a - b)) {
    socket.write(answer.subarray(at, end));
    at = end;
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/**
 * A wire to a server that answers each request with these bytes, cut where the numbers say; then it hangs up, or not.
 */
async function wireTo(answer: Buffer, cuts: readonly number[] = [], hangsUp = false): Promise<Wire> {
  const server = await startRawServer((socket) => {
    socket.setNoDelay(true);
    onHead(socket, () => void write(socket, answer, cuts).then(() => hangsUp && socket.end()));
  });
  servers.push(server);
  const wire = new Wire(`http://${server.host}`);
  wires.push(wire);
  await wire.connect(connectorOf);
  return wire;
}

/** A sink with rooms of some length that stops after some bytes. */
class Collector implements ByteSink {
  readonly #room: Buffer;
  readonly #limit: number;
  bytes: Buffer = Buffer.alloc(0);

  constructor(roomBytes: number, limit = Number.POSITIVE_INFINITY) {
    this.#room = Buffer.alloc(roomBytes);
    this.#limit = limit;
  }

  room(): Uint8Array {
    return this.#room;
  }

  filled(count: number): boolean {
    this.bytes = Buffer.concat([this.bytes, this.#room.subarray(0, count)]);
    return this.bytes.byteLength < this.#limit;
  }
}

const request = "GET / HTTP/1.1\r\nhost: x\r\n\r\n";
const nothing = () => {};
const answerOf = (body: string, length = body.length) =>
  Buffer.from(`HTTP/1.1 200 OK\r\nContent-Length: ${length}\r\n\r\n${body}`);

async function read(wire: Wire, sink: ByteSink): Promise<void> {
  const head = await wire.ask(request, nothing);
  await wire.read(sink, head?.contentLength ?? Number.NaN);
}

describe("Wire", () => {
  test("gives the body, wherever the answer is cut and however much room there is, and can be used again", async () => {
    const body = Array.from({ length: 3_000 }, (_, index) => String(index)).join("");
    const answer = answerOf(body);
    const cut = fc.oneof(fc.nat(60), fc.nat(answer.length));
    await fc.assert(
      fc.asyncProperty(fc.array(cut, { maxLength: 6 }), fc.integer({ min: 1, max: 5_000 }), async (cuts, room) => {
        const wire = await wireTo(answer, cuts);
        for (let times = 0; times < 2; times++) {
          const sink = new Collector(room);
          await read(wire, sink);
          expect(sink.bytes.toString()).toBe(body);
          expect(wire.isReusable).toBe(true);
        }
      }),
      { numRuns: 60 },
    );
  });

  test("gives what came, and says so, when the server hangs up early", async () => {
    const answer = answerOf("x".repeat(900), 1_000);
    await fc.assert(
      fc.asyncProperty(fc.nat(answer.length), async (length) => {
        const wire = await wireTo(answer.subarray(0, length), [], true);
        const sink = new Collector(64);
        await expect(read(wire, sink)).rejects.toThrow("closed early");
        expect(sink.bytes.length).toBe(Math.max(0, length - (answer.length - 900)));
        expect(wire.isReusable).toBe(false);
        await expect(wire.ask(request, nothing)).rejects.toThrow("closed early");
      }),
      { numRuns: 40 },
    );
  });

  test.each([0, 1, 20, 20_000])("is not used again after %i bytes too many", async (extra) => {
    const wire = await wireTo(Buffer.concat([answerOf("body"), Buffer.alloc(extra, "HTTP/1.1 200 OK\r\n")]));
    const sink = new Collector(3);
    await read(wire, sink);
    expect(sink.bytes.toString()).toBe("body");
    // They may come a moment later.
    if (extra > 0) await expect.poll(() => wire.isReusable).toBe(false);
    expect(wire.isReusable).toBe(extra === 0);
  });

  test.each([
    ["a head without an end", Buffer.from(`HTTP/1.1 200 OK\r\nx: ${"y".repeat(20_000)}`)],
    ["many heads", Buffer.from("HTTP/1.1 100 Continue\r\n\r\n".repeat(100))],
    ["no HTTP", Buffer.from(`SSH-2.0-OpenSSH\r\n\r\n`)],
    ["chunks", Buffer.from("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n")],
  ])("leaves %s to a complete parser, and is closed", async (_, answer) => {
    const wire = await wireTo(answer);
    expect(await wire.ask(request, nothing)).toBeUndefined();
    expect(wire.isReusable).toBe(false);
  });

  test("ends when the sink wants no more, or throws", async () => {
    const wire = await wireTo(answerOf("x".repeat(100_000)));
    const sink = new Collector(10, 50);
    await read(wire, sink);
    expect(sink.bytes.byteLength).toBe(50);
    expect(wire.isReusable).toBe(false);
    const full = new Error("disk full");
    const broken: ByteSink = {
      room: () => Buffer.alloc(10),
      filled: () => {
        throw full;
      },
    };
    await expect(read(await wireTo(answerOf("x".repeat(100_000)), [100]), broken)).rejects.toBe(full);
  });

  test("is as good as closed when bytes come that nobody asked for", async () => {
    const { promise: isClosed, resolve: closed } = Promise.withResolvers<void>();
    const server = await startRawServer((socket) => {
      socket.once("close", () => closed());
      socket.resume().write("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi");
    });
    servers.push(server);
    const wire = new Wire(`http://${server.host}`);
    await wire.connect(connectorOf);
    await isClosed;
    await expect(wire.ask(request, nothing)).rejects.toThrow("closed early");
  });
});
