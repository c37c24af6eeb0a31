import { X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { documentLimitBytes } from "../../base/limits.ts";
import { keyFileLimitBytes } from "../../trust/limits.ts";
import type { OmsPolicy, OmsSigner } from "../../trust/oms/index.ts";
import type { Context, Outcome } from "../context.ts";
import { UsageError } from "../errors.ts";
import { readPublicKey } from "../options/signing.ts";
import { readCertificateTrust, type TrustOptions } from "../options/trust.ts";
import { safe } from "../render/text.ts";
import type { VerifyOmsResult } from "../results/verify-oms.ts";

export interface VerifyOmsOptions extends TrustOptions {
  readonly key?: string;
  readonly oms?: string;
  readonly modelSig?: string;
  readonly authority: readonly string[];
  readonly ignore: readonly string[];
}

/** Verifies a directory against the model signature in it, or the one that is given. */
export async function verifyOms(
  context: Context,
  directory: string,
  options: VerifyOmsOptions,
): Promise<Outcome<VerifyOmsResult>> {
  const { omsFileName, verifyOmsDirectory } = await import("../../trust/oms/index.ts");
  const model = resolve(context.cwd, directory);
  const file = options.modelSig ? resolve(context.cwd, options.modelSig) : join(model, omsFileName);
  const signature = await readLimited(file, documentLimitBytes);
  const policy = await readPolicy(context, options);
  // The signature speaks of everything but itself, wherever in the directory it lies.
  const ignore = file.startsWith(`${model}/`) ? [...options.ignore, file.slice(model.length + 1)] : options.ignore;
  const { signer, resources } = await verifyOmsDirectory(model, signature, policy, { ignore, signal: context.signal });
  const result: VerifyOmsResult = {
    kind: "verify-oms",
    schemaVersion: 1,
    directory: model,
    signature: file,
    resources,
    ...describeOmsSigner(signer),
  };
  return { result };
}

async function readPolicy(context: Context, options: VerifyOmsOptions): Promise<OmsPolicy> {
  const certificates = await readCertificateTrust(context, options);
  const authorities = await Promise.all(options.authority.map((path) => readAuthorities(resolve(context.cwd, path))));
  if (!options.key && !certificates && authorities.length === 0) {
    throw new UsageError("nobody is trusted, expected --key, --identity with --issuer, or --authority");
  }
  return {
    keys: options.key ? [await readPublicKey(context, options.key)] : [],
    authorities: authorities.flat(),
    ...(certificates ? { certificates } : {}),
  };
}

async function readAuthorities(path: string): Promise<readonly X509Certificate[]> {
  const text = (await readLimited(path, keyFileLimitBytes)).toString();
  const blocks = text.match(/-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----/g) ?? [];
  try {
    if (blocks.length > 0) return blocks.map((block) => new X509Certificate(block));
  } catch (cause) {
    throw new UsageError(`${path} holds a certificate that cannot be read`, { cause });
  }
  throw new UsageError(`${path} holds no certificate, expected PEM`);
}

async function readLimited(path: string, limitBytes: number): Promise<Buffer> {
  const bytes = await readFile(path).catch((cause: Error) => {
    throw new UsageError(`cannot read ${path}: ${cause.message}`, { cause });
  });
  if (bytes.byteLength <= limitBytes) return bytes;
  throw new UsageError(`${path} has ${bytes.byteLength} bytes, expected at most ${limitBytes}`);
}

/** Who signed, in the words of all results. */
export function describeOmsSigner(signer: OmsSigner): Pick<VerifyOmsResult, "signer" | "identity" | "issuer"> {
  if (signer.kind === "certificate") {
    return { signer: signer.fingerprint, identity: signer.subject, issuer: signer.issuer };
  }
  return { signer: signer.fingerprint, ...(signer.kind === "x509" ? { identity: signer.subject } : {}) };
}

export const renderVerifyOms = ({ directory, identity, resources, signer }: VerifyOmsResult): string =>
  `${resources} signed by ${safe(identity ?? signer)}, and nothing else in ${safe(directory)}`;
