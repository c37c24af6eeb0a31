import { spawn } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:net";
import { freePort } from "../test/peers/support/registry-process.ts";
import type { Bench } from "./bench.ts";

/** What toxiproxy does to every connection of its own. */
export interface Shape {
  /** What comes from the registry, per connection; 1 MB is a million bytes. */
  readonly megabytesPerSecond?: number;
  /** Added to everything that comes from the registry: the round trip grows by this, the TCP handshake does not. */
  readonly latencyMs?: number;
}

export interface ShapedWay {
  /** `127.0.0.1:<port>` */
  readonly host: string;
  stop(): Promise<void>;
}

/** Starts toxiproxy, in a process of its own, between the clients and a registry. */
export async function shape(bench: Bench, registry: string, wanted: Shape): Promise<ShapedWay> {
  const program = bench.programs["toxiproxy"];
  if (program === undefined || "missing" in program) throw new Error(`toxiproxy: ${program?.missing ?? "unknown"}`);
  const [control, way] = [await freePort(), await freePort()];
  const child = spawn(program.path, ["-host", "127.0.0.1", "-port", String(control)], {
    stdio: "ignore",
    env: { ...process.env, LOG_LEVEL: "error" },
  });
  const stop = async () => {
    const closed = once(child, "close");
    child.kill("SIGKILL");
    await closed;
  };
  try {
    await listening(control);
    const ask = (path: string, body: object) => post(`http://127.0.0.1:${control}${path}`, body);
    await ask("/proxies", { name: "way", listen: `127.0.0.1:${way}`, upstream: registry, enabled: true });
    if (wanted.megabytesPerSecond !== undefined) {
      // toxiproxy's KB are thousands.
      const attributes = { rate: wanted.megabytesPerSecond * 1000 };
      await ask("/proxies/way/toxics", { type: "bandwidth", stream: "downstream", attributes });
    }
    if (wanted.latencyMs !== undefined) {
      const attributes = { latency: wanted.latencyMs };
      await ask("/proxies/way/toxics", { type: "latency", stream: "downstream", attributes });
    }
  } catch (error) {
    await stop();
    throw error;
  }
  return { host: `127.0.0.1:${way}`, stop };
}

async function post(url: string, body: object): Promise<void> {
  const response = await fetch(url, { method: "POST", body: JSON.stringify(body) });
  const text = await response.text();
  if (!response.ok) throw new Error(`toxiproxy answered ${response.status}: ${text}`);
}

async function listening(port: number): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt++) {
    const socket = connect(port, "127.0.0.1");
    const answers = await new Promise<boolean>((resolve) => {
      socket.once("connect", () => resolve(true));
      socket.once("error", () => resolve(false));
    });
    socket.destroy();
    if (answers) return;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  throw new Error("toxiproxy does not listen");
}
