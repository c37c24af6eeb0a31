import { randomBytes } from "node:crypto";
import { onTestFinished } from "vitest";
import { type RemoteOptions, RemoteRegistry, type RemoteRepository } from "../../../src/stores/remote/index.ts";
import type { FaultAction } from "./faults.ts";
import type { RegistryOptions } from "./options.ts";
import { type RunningRegistry, startRegistry } from "./server.ts";

export interface OpenRemote {
  readonly server: RunningRegistry;
  readonly registry: RemoteRegistry;
  /** A repository nobody has written to. */
  readonly repository: RemoteRepository;
}

/** Delays that keep tests of failures short. No timeout hits by accident on a busy machine. */
const hasty = {
  retry: { retries: 3, minDelayMs: 2, maxDelayMs: 10, retryAfterLimitMs: 20 },
  timeouts: { responseMs: 60_000, stallMs: 60_000, commitMsPerGibibyte: 0 },
} satisfies Partial<RemoteOptions>;

/**
 * Timeouts that are short where the registry falls silent, so that the test waits for them, and never hit elsewhere.
 */
export function timeoutsFor(action: FaultAction): { readonly stallMs: number; readonly responseMs: number } {
  const isSilent = action.kind === "stall" || (action.kind === "interrupt" && action.outcome === "stall");
  const ms = isSilent ? 500 : 60_000;
  return { stallMs: ms, responseMs: ms };
}

/** Starts a registry and opens it over HTTP; both end with the test. */
export async function openRemote(
  options: RegistryOptions = {},
  remote: Partial<RemoteOptions> = {},
): Promise<OpenRemote> {
  const server = await startRegistry(options);
  const timeouts = { ...hasty.timeouts, ...remote.timeouts };
  const retry = { ...hasty.retry, ...remote.retry };
  const registry = new RemoteRegistry({ host: server.host, ...remote, timeouts, retry });
  onTestFinished(async () => {
    await registry.close();
    await server.close();
  });
  return { server, registry, repository: registry.repository(`unit/t-${randomBytes(4).toString("hex")}`) };
}
