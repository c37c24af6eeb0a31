import { z } from "zod";
import type { CommandModule, Context, Outcome } from "../context.ts";
import { addExamples } from "../options/examples.ts";
import { addPolicyOptions, type PolicyOptions } from "../options/policy.ts";
import { addRegistryOptions, type RegistryOptions } from "../options/registry.ts";
import { addSigningOptions, openSigner, type SigningOptions } from "../options/signing.ts";
import { withTarget } from "../options/target.ts";
import { safe } from "../render/text.ts";

export type SignOptions = RegistryOptions & SigningOptions & PolicyOptions;

export const SignResult = z.object({
  kind: z.literal("sign"),
  schemaVersion: z.literal(1),
  reference: z.string().describe("pinned reference"),
  digest: z.string(),
  signature: z.string().describe("digest of the signature's manifest"),
  signer: z.string().describe("fingerprint of the key"),
});
export type SignResult = z.infer<typeof SignResult>;

export const command: CommandModule = {
  define(program, act) {
    const sign = program
      .command("sign <ref>")
      .description("sign a version; `cosign verify --key` accepts the result")
      .action((ref: string, options: SignOptions) => act(render, (context) => sign_(context, ref, options)));
    addPolicyOptions(addSigningOptions(addRegistryOptions(sign)));
    addExamples(sign, [
      { line: "mreg sign risk:v1 --key alice.key", does: "sign version 1; the password is in COSIGN_PASSWORD" },
      { line: "mreg sign risk:v1 --key alice.key --format json", does: "the same, with the result as JSON" },
    ]);
  },
};

async function sign_(context: Context, ref: string, options: SignOptions): Promise<Outcome<SignResult>> {
  const signer = await openSigner(context, options);
  const { signManifest } = await import("../../trust/index.ts");
  return withTarget(context, ref, options, async ({ descriptor, pinned, repository }) => {
    const { clock, signal } = context;
    const signature = await signManifest(repository, descriptor, { signer, clock, signal });
    const result: SignResult = {
      kind: "sign",
      schemaVersion: 1,
      reference: pinned,
      digest: descriptor.digest,
      signature: signature.digest,
      signer: signer.publicKey.identity.fingerprint,
    };
    return { result };
  });
}

const render = (result: SignResult): string =>
  [`signed by ${result.signer}`, `signature ${result.signature}`, safe(result.reference)].join("\n");
