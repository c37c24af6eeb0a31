import type { Descriptor } from "../../oci/descriptor.ts";
import type { Identity, Signer } from "../../trust/index.ts";
import type { CommandModule, Context, Outcome } from "../context.ts";
import { addExamples } from "../options/examples.ts";
import { addPolicyOptions, type PolicyOptions } from "../options/policy.ts";
import { addRegistryOptions, type RegistryOptions } from "../options/registry.ts";
import { addSigningOptions, openSigner, type SigningOptions } from "../options/signing.ts";
import { type OpenedTarget, withTarget } from "../options/target.ts";
import { safe } from "../render/text.ts";
import type { SignResult } from "../results/sign.ts";

export interface SignOptions extends RegistryOptions, SigningOptions, PolicyOptions {
  readonly oms?: boolean;
  readonly legacySignature?: boolean;
  readonly legacyIdentity?: string;
}

export const command: CommandModule = {
  define(program, act) {
    const sign = program
      .command("sign <ref>")
      .description("sign a version; `cosign verify` accepts the result")
      .option("--oms", "also sign the files, by OpenSSF Model Signing; `pull --oms` writes it as model.sig")
      .option("--legacy-signature", "also sign under the .sig tag, which is all that podman, CRI-O and bootc read")
      .option("--legacy-identity <name>", "the name they will know the model by; default: registry and repository")
      .action((ref: string, options: SignOptions) => act(render, (context) => sign_(context, ref, options)));
    addPolicyOptions(addSigningOptions(addRegistryOptions(sign)));
    addExamples(sign, [
      { line: "mreg sign risk:v1 --key alice.key", does: "sign version 1; the password is in COSIGN_PASSWORD" },
      { line: "mreg sign risk:v1 --key alice.key --format json", does: "the same, with the result as JSON" },
      { line: "mreg sign risk:v1 --keyless", does: "as the CI job, or as whoever signs in; publishes who signed" },
      { line: "mreg sign risk:v1 --key alice.key --oms", does: "a second signature, for `model_signing verify`" },
      {
        line: "mreg sign risk:v1 --key alice.key --legacy-signature --legacy-identity registry.example.com/ml/risk",
        does: "a second signature for podman, CRI-O and bootc",
      },
    ]);
  },
};

async function sign_(context: Context, ref: string, options: SignOptions): Promise<Outcome<SignResult>> {
  const signer = await openSigner(context, options);
  const { signerIdentity, signLegacy, signManifest } = await import("../../trust/index.ts");
  return withTarget(context, ref, options, async ({ descriptor, pinned, repository }) => {
    const { clock, signal } = context;
    const signature = await signManifest(repository, descriptor, { signer, clock, signal });
    const identity = options.legacyIdentity ?? repository.location;
    const legacy = options.legacySignature
      ? await signLegacy(repository, descriptor, { signer, identity, signal })
      : undefined;
    const oms = options.oms ? await signFiles(context, { descriptor, repository }, signer) : undefined;
    const result: SignResult = {
      kind: "sign",
      schemaVersion: 1,
      reference: pinned,
      digest: descriptor.digest,
      signature: signature.digest,
      ...describeSigner(signerIdentity(signer)),
      ...(legacy ? { legacySignature: legacy.digest } : {}),
      ...(oms ? { omsSignature: oms.digest } : {}),
    };
    return { result };
  });
}

async function signFiles(
  { clock, signal }: Context,
  { descriptor, repository }: Pick<OpenedTarget, "descriptor" | "repository">,
  signer: Signer,
): Promise<Descriptor> {
  const { signOms } = await import("../../trust/oms/index.ts");
  const model = repository.name.split("/").at(-1) ?? repository.name;
  return signOms(repository, descriptor, { signer, clock, signal, model });
}

function describeSigner(identity: Identity): Pick<SignResult, "signer" | "identity" | "issuer"> {
  const { fingerprint: signer } = identity;
  return identity.kind === "key" ? { signer } : { signer, identity: identity.subject, issuer: identity.issuer };
}

const render = (result: SignResult): string =>
  [
    `signed by ${safe(result.identity ?? result.signer)}`,
    `signature ${result.signature}`,
    ...(result.omsSignature ? [`model.sig ${result.omsSignature}`] : []),
    ...(result.legacySignature ? [`.sig tag  ${result.legacySignature}`] : []),
    safe(result.reference),
  ].join("\n");
