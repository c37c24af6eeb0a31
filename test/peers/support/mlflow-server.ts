import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "./registry-process.ts";

const password = "correct-horse-7";

export interface RunningMlflow {
  readonly address: string;
  /** Of its first user, an administrator. */
  readonly credentials: { readonly MLFLOW_TRACKING_USERNAME: string; readonly MLFLOW_TRACKING_PASSWORD: string };
  stop(): Promise<void>;
}

/** Starts MLflow's server on SQLite, with a local artifact proxy and its own authentication. */
export async function startMlflow(program: string): Promise<RunningMlflow> {
  const work = await mkdtemp(join(tmpdir(), "mreg-mlflow-"));
  const port = await freePort();
  const args = [
    "--backend-store-uri",
    `sqlite:///${work}/mlflow.db`,
    "--artifacts-destination",
    join(work, "artifacts"),
  ];
  const child = spawn(
    program,
    ["server", ...args, "--app-name", "basic-auth", "--port", String(port), "--workers", "1"],
    {
      cwd: work,
      // Its workers are processes of their own, and end with the group.
      detached: true,
      env: {
        ...process.env,
        MLFLOW_FLASK_SERVER_SECRET_KEY: "test",
        MLFLOW_AUTH_ADMIN_PASSWORD: password,
        MLFLOW_DISABLE_TELEMETRY: "true",
      },
      stdio: ["ignore", "pipe", "pipe"],
    },
  );
  const output: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => output.push(chunk));
  const ended = once(child, "exit");
  const address = `http://127.0.0.1:${port}`;
  const stop = async () => {
    if (child.exitCode === null && child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
    await ended;
    await rm(work, { recursive: true, force: true });
  };
  while (!(await isHealthy(address))) {
    if (child.exitCode !== null) {
      await stop();
      throw new Error(`MLflow did not come up:\n${Buffer.concat(output).toString("utf8").slice(-2_000)}`);
    }
    await new Promise((done) => setTimeout(done, 200));
  }
  return {
    address,
    credentials: { MLFLOW_TRACKING_USERNAME: "admin", MLFLOW_TRACKING_PASSWORD: password },
    stop,
  };
}

async function isHealthy(address: string): Promise<boolean> {
  return fetch(`${address}/health`).then(
    ({ ok }) => ok,
    () => false,
  );
}
