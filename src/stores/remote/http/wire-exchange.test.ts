import { connect, type Socket } from "node:net";
import { afterEach, expect, onTestFinished, test, vi } from "vitest";
import { rejectsWith } from "../../../../test/support/expect.ts";
import { onHead, startRawServer } from "../../../../test/support/faults/index.ts";
import type { ByteSink } from "../../../oci/content.ts";
import { type ConnectorOf, Wire } from "./wire.ts";
import { WireExchange } from "./wire-exchange.ts";

const connectorOf: ConnectorOf = (onread) => {
  return ({ hostname, port }, callback) => {
    const socket = connect({ host: hostname, port: Number(port), onread });
    socket.once("connect", () => callback(null, socket));
    socket.once("error", (error) => callback(error, null));
  };
};

afterEach(() => void vi.restoreAllMocks());

/**
 * What a server sends: `head` at once, and `piece` each time that the exchange looks at the clock, which moves by
 * `stepMs`.
 */
interface Drip {
  readonly head: string;
  readonly piece: string;
  readonly stepMs: number;
}

async function dripped({ head, piece, stepMs }: Drip) {
  let sender: Socket | undefined;
  let now = 1;
  vi.spyOn(performance, "now").mockImplementation(() => {
    sender?.write(piece);
    now += stepMs;
    return now;
  });
  const server = await startRawServer((socket) => {
    socket.setNoDelay(true);
    onHead(socket, () => {
      sender = socket;
      socket.write(head);
    });
  });
  onTestFinished(() => server.close());
  const wire = new Wire(`http://${server.host}`);
  await wire.connect(connectorOf);
  const url = { origin: wire.origin, path: "/" };
  // The limits of a real pull: no timer runs out here.
  const timeouts = { connectMs: 60_000, responseMs: 60_000, stallMs: 60_000, commitMsPerGibibyte: 0 };
  let released = 0;
  const request = { method: "GET", url, headers: {} } as const;
  const exchange = new WireExchange(wire, request, timeouts, () => void released++);
  return { exchange, wire, released: () => released };
}

class Counter implements ByteSink {
  readonly #room = Buffer.alloc(64 * 1024);
  bytes = 0;

  room(): Uint8Array {
    return this.#room;
  }

  filled(count: number): boolean {
    this.bytes += count;
    return true;
  }
}

const headOf = (length: number) => `HTTP/1.1 200 OK\r\ncontent-length: ${length}\r\n\r\n`;

test("WireExchange: a body of a byte now and then is a timeout after a stall's time, whatever still comes", async () => {
  const { exchange, wire, released } = await dripped({ head: headOf(1_000_000), piece: "x", stepMs: 25_000 });
  const response = await exchange.run();
  const sink = new Counter();
  const error = await rejectsWith(response!.pour(sink), "TIMEOUT");
  expect(error.message).toMatch(/only \d bytes came in 75000 ms, expected at least 76800/);
  expect(sink.bytes).toBeLessThan(10);
  expect(wire.isReusable).toBe(false);
  expect(released()).toBe(1);
});

test("WireExchange: so is a head of a byte now and then", async () => {
  const { exchange, wire, released } = await dripped({ head: "H", piece: "T", stepMs: 25_000 });
  await rejectsWith(exchange.run(), "TIMEOUT");
  expect(wire.isReusable).toBe(false);
  expect(released()).toBe(1);
});

test("WireExchange: a slow body that keeps the least pace may take as long as it needs", async () => {
  const piece = "x".repeat(26 * 1024);
  const length = 40 * piece.length;
  const { exchange, released } = await dripped({ head: headOf(length), piece, stepMs: 5_000 });
  const response = await exchange.run();
  const sink = new Counter();
  await response!.pour(sink);
  expect(sink.bytes).toBe(length);
  expect(released()).toBe(1);
});
