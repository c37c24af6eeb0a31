import { join } from "node:path";
import { dataDirectory } from "../config.ts";

/** What `mreg trust` keeps, in the user's data directory. */
export function trustDirectory(env: NodeJS.ProcessEnv): string {
  return join(dataDirectory(env), "trust");
}

/** The root that certificates are verified against. */
export function trustedRootPath(env: NodeJS.ProcessEnv): string {
  return join(trustDirectory(env), "trusted_root.json");
}

/** The services that signing asks. */
export function signingConfigPath(env: NodeJS.ProcessEnv): string {
  return join(trustDirectory(env), "signing_config.json");
}

/** Where both came from. */
export function trustSourcePath(env: NodeJS.ProcessEnv): string {
  return join(trustDirectory(env), "source.json");
}
