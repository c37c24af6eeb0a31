import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type CountingProxy, startCountingProxy } from "./counting-proxy.ts";

const body = Buffer.alloc(1_000_000, 1);

let server: Server;
let proxy: CountingProxy;
beforeEach(async () => {
  server = createServer((request, response) => {
    request.resume();
    request.on("end", () => response.end(request.method === "GET" ? body : ""));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  proxy = await startCountingProxy(`127.0.0.1:${(server.address() as AddressInfo).port}`);
});
afterEach(async () => {
  await proxy.close();
  server.closeAllConnections();
  server.close();
});

test("bytes each way, requests and connections are counted, from the last reset on", async () => {
  await (await fetch(`http://${proxy.host}/`)).arrayBuffer();
  proxy.reset();
  await (await fetch(`http://${proxy.host}/`)).arrayBuffer();
  await (await fetch(`http://${proxy.host}/`, { method: "PUT", body })).arrayBuffer();
  const { receivedBytes, requests, sentBytes } = proxy.counted();
  expect(requests).toBe(2);
  // The bodies and some headers.
  expect(receivedBytes).toBeGreaterThan(body.byteLength);
  expect(receivedBytes).toBeLessThan(body.byteLength + 2000);
  expect(sentBytes).toBeGreaterThan(body.byteLength);
  expect(sentBytes).toBeLessThan(body.byteLength + 2000);
});

test("a cut ends what runs and lets nobody in", async () => {
  const cut = proxy.cutAfter(600_000);
  await expect(fetch(`http://${proxy.host}/`).then((response) => response.arrayBuffer())).rejects.toThrow();
  await cut;
  expect(proxy.counted().receivedBytes).toBeLessThan(body.byteLength);
  await expect(fetch(`http://${proxy.host}/`)).rejects.toThrow();
});
