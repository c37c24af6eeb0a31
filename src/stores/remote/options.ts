import type { Clock } from "../../base/clock.ts";
import type { TransferListener } from "../../base/events.ts";
import type { Capabilities } from "../../oci/content.ts";
import type { CredentialSource } from "./auth/credentials.ts";
import type { Timeouts } from "./http/exchange.ts";
import type { ProxyOptions } from "./http/proxy.ts";
import type { HostAddress } from "./http/resolve.ts";
import type { RetryOptions } from "./http/retry.ts";

export interface RemoteOptions {
  /** Host, and port where it is not the default one: `registry.example.com`, `localhost:5000`, `[::1]:5000`. */
  readonly host: string;
  /** Path below the host that is put before every repository name: `ml/models`. */
  readonly prefix?: string;
  /** http instead of https. Default: only for loopback hosts, which nobody listens in on. */
  readonly plainHttp?: boolean;
  /** Skips verification of the registry's certificate. */
  readonly insecure?: boolean;
  /** PEM of authorities to trust beside the system's own. */
  readonly ca?: string;
  /** PEM of a client certificate and its key, shown to the registry's own origin only. */
  readonly cert?: string;
  readonly key?: string;
  /** Default: none. The environment's proxies are read by programs, never by this library. */
  readonly proxy?: ProxyOptions;
  /** Addresses to use instead of asking the name service, for any host; a proxy resolves names itself. */
  readonly resolve?: readonly HostAddress[];
  /** Default: anonymous. */
  readonly credentials?: CredentialSource;
  readonly userAgent?: string;
  /** What this registry is known to do. Default: everything is tried; a refusal is UNSUPPORTED. */
  readonly supports?: Partial<Capabilities>;
  /**
   * Sends blobs longer than this in pieces of this length, where the registry takes pieces. Default: every blob in one
   * request, in pieces only where the registry asks for them or refuses the whole as too long.
   */
  readonly chunkBytes?: number;
  /**
   * Content at least this long is sent while it is hashed, in one PATCH, where whoever pushes asks for that and the
   * registry takes it. Default 64 MiB; Infinity: never.
   */
  readonly aheadBytes?: number;
  /**
   * Where neither the specification's DELETE nor Harbor's API removes a tag: pushes a manifest of no use to the tag and
   * deletes that by its digest. Default false, since it writes; where deletion is off, the tag is put back.
   */
  readonly allowDummyManifest?: boolean;
  readonly clock?: Clock;
  readonly retry?: RetryOptions;
  readonly timeouts?: Partial<Timeouts>;
  /** Told each warning of the registry once. */
  readonly onWarning?: (text: string) => void;
  /** Told about retries. */
  readonly onEvent?: TransferListener;
}

/** Generous, since each of them ends work that may have run for an hour; a stall in between ends after a minute. */
export const defaultTimeouts: Timeouts = {
  connectMs: 15_000,
  responseMs: 60_000,
  stallMs: 60_000,
  // Object storage behind a registry copies a finished upload before it answers, at some 50 MB/s where it is slow.
  commitMsPerGibibyte: 20_000,
};
