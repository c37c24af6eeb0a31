import { readFile, stat } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import type { MlflowServerOptions } from "../../bridges/sources/mlflow/index.ts";
import type { Context } from "../context.ts";
import { UsageError } from "../errors.ts";

/** Longest credentials file in bytes; one has three lines. */
const credentialsLimitBytes = 64 * 1024;

/** Settings of MLflow's own client that mreg does not know, and what to do about them. */
const unsupported: Readonly<Record<string, string>> = {
  MLFLOW_TRACKING_AWS_SIGV4: "requests signed for AWS",
  MLFLOW_TRACKING_AUTH: "an authentication plugin",
  MLFLOW_TRACKING_CLIENT_CERT_PATH: "a client certificate",
};

/**
 * How to reach the MLflow server, from the variables and the file that MLflow's own client reads.
 *
 * A user name and password go before a token, as in its code; the environment before the file.
 */
export async function mlflowServer(context: Context, given: string | undefined): Promise<MlflowServerOptions> {
  const { env } = context;
  const address = given ?? (env["MLFLOW_REGISTRY_URI"] || env["MLFLOW_TRACKING_URI"]);
  if (!address) throw new UsageError("there is no MLflow server, expected --tracking-uri or MLFLOW_TRACKING_URI");
  if (!/^https?:\/\//.test(address)) {
    throw new UsageError(`the MLflow server is ${JSON.stringify(address)}, expected http:// or https://`);
  }
  for (const [name, what] of Object.entries(unsupported)) {
    if (env[name]) throw new UsageError(`${name} asks for ${what}, which mreg cannot do; unset it, or use a proxy`);
  }
  if (env["MLFLOW_TRACKING_SERVER_CERT_PATH"]) {
    context.note("MLFLOW_TRACKING_SERVER_CERT_PATH: give it to Node as NODE_EXTRA_CA_CERTS if the server's is refused");
  }
  return { address, authorization: await authorization(env), fetch: globalThis.fetch };
}

async function authorization(env: NodeJS.ProcessEnv): Promise<string | undefined> {
  const file = await credentialsFile(env);
  const username = env["MLFLOW_TRACKING_USERNAME"] ?? file.get("mlflow_tracking_username");
  const password = env["MLFLOW_TRACKING_PASSWORD"] ?? file.get("mlflow_tracking_password");
  if (username && password) return `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;
  const token = env["MLFLOW_TRACKING_TOKEN"];
  return token ? `Bearer ${token}` : undefined;
}

/** `~/.mlflow/credentials`, as `mlflow login` writes it: `name = value` below `[mlflow]`. */
async function credentialsFile(env: NodeJS.ProcessEnv): Promise<ReadonlyMap<string, string>> {
  const path = join(env["HOME"] ?? homedir(), ".mlflow", "credentials");
  const found = await stat(path).catch(() => undefined);
  if (!found?.isFile()) return new Map();
  if (found.size > credentialsLimitBytes) {
    throw new UsageError(`${path} has ${found.size} bytes, expected at most ${credentialsLimitBytes}`);
  }
  const values = new Map<string, string>();
  let isOurs = false;
  for (const line of (await readFile(path, "utf8")).split(/\r?\n/)) {
    const section = /^\[([^\]]*)\]/.exec(line.trim())?.[1];
    if (section !== undefined) isOurs = section.trim() === "mlflow";
    const equals = line.indexOf("=");
    if (isOurs && section === undefined && equals > 0) {
      values.set(line.slice(0, equals).trim().toLowerCase(), line.slice(equals + 1).trim());
    }
  }
  return values;
}
