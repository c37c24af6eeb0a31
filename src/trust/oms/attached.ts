import { createHash } from "node:crypto";
import { listFiles } from "../../model/archive/list-files.ts";
import { readModel } from "../../model/read.ts";
import type { CallOptions, GraphTarget, ReadOnlyTarget } from "../../oci/content.ts";
import type { Descriptor } from "../../oci/descriptor.ts";
import { SigningError } from "../errors.ts";
import type { PublicKey } from "../identity.ts";
import { attachSigned, type SignOptions } from "../sign.ts";
import { makeOmsStatement, type OmsResources } from "./manifest.ts";

export interface OmsSignOptions extends SignOptions {
  /** What the model is called in the signature, for people. */
  readonly model: string;
}

/**
 * Signs a model as OpenSSF Model Signing has it, from the digests of its layers, and attaches the signature.
 *
 * The weights are not read: a file that is a layer has its digest in the manifest. The signature speaks of the files
 * and not of the manifest; `pull --oms` puts it beside them as `model.sig`.
 *
 * @returns the descriptor of the manifest that carries it.
 * @throws {@link SigningError} `KEY_INVALID` for a key that model_signing does not verify: it takes ECDSA only.
 * @see {@link https://github.com/ossf/model-signing-spec/blob/v1.0/docs/spec.md}
 */
export async function signOms(
  store: GraphTarget,
  subject: Descriptor,
  { model, ...options }: OmsSignOptions,
): Promise<Descriptor> {
  const { publicKey } = options.signer;
  if (publicKey.key.asymmetricKeyType !== "ec") {
    throw new SigningError(
      "KEY_INVALID",
      `a model signature needs an ECDSA key, received one of type ${publicKey.key.asymmetricKeyType}`,
    );
  }
  const view = await readModel(store, subject, options);
  const statement = makeOmsStatement(model, await listFiles(store, view, options));
  return attachSigned(store, subject, statement, { ...options, hint: omsHint(publicKey) });
}

/** The files of a model as a signature names them. */
export async function modelResources(
  store: ReadOnlyTarget,
  subject: Descriptor,
  options?: CallOptions,
): Promise<OmsResources> {
  const files = await listFiles(store, await readModel(store, subject, options), options);
  return new Map(files.map(({ path, digest }) => [path, digest.slice("sha256:".length)]));
}

/** How model_signing calls a key: hex of the SHA-256 of its PEM, line breaks and all. */
function omsHint({ pem }: PublicKey): string {
  return createHash("sha256").update(pem).digest("hex");
}
