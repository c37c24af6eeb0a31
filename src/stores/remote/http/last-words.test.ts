import type { Socket } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { rejectsWith } from "../../../../test/support/expect.ts";
import { onHead, startRawServer } from "../../../../test/support/faults/index.ts";
import { Transport } from "./transport.ts";

const timeouts = { connectMs: 60_000, responseMs: 60_000, stallMs: 60_000, commitMsPerGibibyte: 0 };

/**
 * PUTs a body to a server that says something after the head and resets the connection at once; the rest of the body is
 * written before anything of that can have been read.
 */
async function putTo(says: (socket: Socket) => void) {
  const { promise: isGone, resolve: gone } = Promise.withResolvers<void>();
  const server = await startRawServer((socket) => {
    onHead(socket, () => {
      says(socket);
      socket.resetAndDestroy();
      gone();
    });
  });
  const origin = `http://${server.host}`;
  const transport = new Transport({ origin, userAgent: "test", timeouts });
  onTestFinished(async () => {
    await transport.close();
    await server.close();
  });
  const size = 500_000;
  const stream = (async function* () {
    yield Buffer.alloc(100);
    await isGone;
    for (let sent = 100; sent < size; sent += 49_990) yield Buffer.alloc(49_990);
  })();
  return transport.send({ method: "PUT", url: { origin, path: "/v2/x" }, headers: {}, body: { size, stream } });
}

test("an answer that came before the connection was reset is read, although a write has failed meanwhile", async () => {
  const body = "x".repeat(20_000);
  const response = await putTo((socket) => {
    socket.write(`HTTP/1.1 413 Too Long\r\nconnection: close\r\ncontent-length: ${body.length}\r\n\r\n${body}`);
  });
  expect(response.status).toBe(413);
  const chunks = [];
  for await (const chunk of response.body) chunks.push(chunk);
  expect(Buffer.concat(chunks).toString()).toBe(body);
});

test("without an answer, or with half of one, it is a failure of the network", async () => {
  await rejectsWith(
    putTo(() => {}),
    "NETWORK",
  );
  await rejectsWith(
    putTo((socket) => socket.write("HTTP/1.1 413 Too")),
    "NETWORK",
  );
});
