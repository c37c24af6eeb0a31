import { z } from "zod";
import { isMregError } from "../../base/errors.ts";
import { parseDocument } from "../document.ts";
import { SigningError } from "../errors.ts";
import { trustRootEntryLimit, trustRootLimitBytes } from "../limits.ts";
import type { Witnesses } from "./witnesses.ts";

/** Where a sigstore instance is: who certifies, who logs, who tells the time. */
export interface SigningInstance {
  /** URL of the certificate authority; absent when only keys sign here. */
  readonly certificateAuthority?: string;
  /** URL of the provider that people sign in with; absent when only machines do. */
  readonly identityProvider?: string;
  readonly witnesses: Witnesses;
}

/**
 * The public-good instance. What is signed there is public for ever: the address or workflow, the time, and the
 * digests.
 */
export const publicGood: SigningInstance = {
  certificateAuthority: "https://fulcio.sigstore.dev",
  identityProvider: "https://oauth2.sigstore.dev/auth",
  witnesses: {
    logs: [{ url: "https://rekor.sigstore.dev", majorApiVersion: 1 }],
    timestampAuthorities: ["https://timestamp.sigstore.dev/api/v1/timestamp"],
  },
};

const time = z.iso.datetime({ offset: true }).transform((text) => new Date(text));

const Service = z.object({
  url: z.url({ protocol: /^https?$/ }),
  majorApiVersion: z.int(),
  validFor: z.object({ start: time, end: time.nullish() }),
});
type Service = z.output<typeof Service>;

const services = z.array(Service).max(trustRootEntryLimit).default([]);

const Choice = z.object({
  selector: z.enum(["ANY", "ALL", "EXACT", "SERVICE_SELECTOR_UNDEFINED"]).default("ANY"),
  count: z.int().min(1).optional(),
});

const SigningConfigFile = z.object({
  mediaType: z.literal("application/vnd.dev.sigstore.signingconfig.v0.2+json"),
  caUrls: services,
  oidcUrls: services,
  rekorTlogUrls: services,
  rekorTlogConfig: Choice.optional(),
  tsaUrls: services,
  tsaConfig: Choice.optional(),
});

/**
 * Reads a signing configuration and chooses the services that are in use at a moment.
 *
 * @throws {@link SigningError} `TRUST_ROOT_INVALID`.
 * @see {@link https://github.com/sigstore/protobuf-specs/blob/v0.5.2/protos/sigstore_trustroot.proto}
 */
export function parseSigningConfig(bytes: Uint8Array, now: Date): SigningInstance {
  if (bytes.byteLength > trustRootLimitBytes) {
    throw invalid(`it has ${bytes.byteLength} bytes, expected at most ${trustRootLimitBytes}`);
  }
  let file: z.output<typeof SigningConfigFile>;
  try {
    file = parseDocument(bytes, SigningConfigFile, "signing configuration");
  } catch (cause) {
    if (isMregError(cause)) throw invalid(cause.message, cause);
    throw cause;
  }
  const [ca] = usable(file.caUrls, [1], now);
  const [provider] = usable(file.oidcUrls, [1], now);
  const logs = choose(usable(file.rekorTlogUrls, [1, 2], now), file.rekorTlogConfig, "logs");
  return {
    ...(ca ? { certificateAuthority: ca.url } : {}),
    ...(provider ? { identityProvider: provider.url } : {}),
    witnesses: {
      logs: logs.map(({ majorApiVersion, url }) => ({ url, majorApiVersion: majorApiVersion === 2 ? 2 : 1 })),
      timestampAuthorities: choose(usable(file.tsaUrls, [1], now), file.tsaConfig, "timestamp authorities").map(
        ({ url }) => url,
      ),
    },
  };
}

/** Services in use, with an interface that is spoken here, the newest first. */
function usable(all: readonly Service[], versions: readonly number[], now: Date): readonly Service[] {
  return all
    .filter(({ majorApiVersion }) => versions.includes(majorApiVersion))
    .filter(({ validFor: { start, end } }) => start <= now && (!end || now <= end))
    .toSorted((one, other) => other.validFor.start.getTime() - one.validFor.start.getTime());
}

function choose(
  found: readonly Service[],
  choice: z.output<typeof Choice> | undefined,
  what: string,
): readonly Service[] {
  const { selector = "ANY", count = 1 } = choice ?? {};
  if (selector === "ALL") return found;
  const wanted = selector === "EXACT" ? count : Math.min(1, found.length);
  if (found.length < wanted) throw invalid(`${found.length} ${what} are in use, expected ${wanted}`);
  return found.slice(0, wanted);
}

function invalid(reason: string, cause?: unknown): SigningError {
  return new SigningError("TRUST_ROOT_INVALID", `not a signing configuration: ${reason}`, { cause });
}
