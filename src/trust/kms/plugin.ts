import { z } from "zod";
import type { Clock } from "../../base/clock.ts";
import { parseStrictJson } from "../../base/json.ts";
import { schemaProblems } from "../../base/schema-problems.ts";
import type { CallOptions } from "../../oci/content.ts";
import { Base64Bytes } from "../base64.ts";
import { printable } from "../document.ts";
import { SigningError } from "../errors.ts";
import { parsePublicKey } from "../key.ts";
import type { Signer } from "../signer.ts";
import { KmsSigner } from "./kms-signer.ts";
import { runProgram } from "./program.ts";
import type { KmsReference } from "./reference.ts";

/** Whoever must press a button on a device, or unlock it, does so within two minutes. */
const timeoutMs = 120_000;

/** SHA-256 by its number in Go's `crypto.Hash`. */
const sha256 = 5;

const PluginAnswer = z.looseObject({
  errorMessage: z.string().optional(),
  publicKey: z.looseObject({ publicKeyPEM: Base64Bytes }).optional(),
  signMessage: z.looseObject({ signature: Base64Bytes }).optional(),
});
type PluginAnswer = z.infer<typeof PluginAnswer>;

export interface PluginOptions extends CallOptions {
  /** The plugin's whole environment: where programs are looked for, and the plugin's own credentials. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Says until when the plugin may take. */
  readonly clock: Clock;
  /** Where what it prints for people goes; default: nowhere. */
  readonly stderr?: "inherit" | "ignore";
  /** Default: two minutes. */
  readonly timeoutMs?: number;
}

/**
 * Opens a key that a plugin keeps: `sigstore-kms-<scheme>`, the programs that cosign uses as well.
 *
 * The program is started without a shell, once for the public key and once per signature; what is signed goes to its
 * stdin. What it answers is no more trusted than a registry.
 *
 * @throws {@link SigningError} `SERVICE_UNAVAILABLE` when there is no such program or it does not answer;
 * `SERVICE_REFUSED` with its reason; `KEY_INVALID` for a key of a kind that is not accepted.
 * @see {@link https://github.com/sigstore/sigstore/blob/v1.10.8/pkg/signature/kms/cliplugin/README.md}
 */
export async function openPluginSigner(reference: KmsReference, options: PluginOptions): Promise<Signer> {
  const plugin = new Plugin(reference, options);
  return new KmsSigner(parsePublicKey(await plugin.publicKey()), plugin);
}

class Plugin {
  readonly name: string;
  readonly #resource: string;
  readonly #options: PluginOptions;

  constructor({ scheme, resource }: KmsReference, options: PluginOptions) {
    this.name = `sigstore-kms-${scheme}`;
    this.#resource = resource;
    this.#options = options;
  }

  async publicKey(): Promise<string> {
    const method = { methodName: "publicKey", publicKey: { publicKeyOptions: { rpcOptions: {} } } };
    const { publicKey } = await this.#call(method, new Uint8Array());
    if (publicKey) return Buffer.from(publicKey.publicKeyPEM).toString();
    throw unavailable(`${this.name} answered without a public key`);
  }

  async sign(payload: Uint8Array): Promise<Uint8Array> {
    const method = {
      methodName: "signMessage",
      signMessage: { signOptions: { rpcOptions: {}, messageOptions: {} } },
    };
    const { signMessage } = await this.#call(method, payload);
    if (signMessage) return signMessage.signature;
    throw unavailable(`${this.name} answered without a signature`);
  }

  async #call(method: object, input: Uint8Array): Promise<PluginAnswer> {
    const { env, clock, stderr = "ignore", signal } = this.#options;
    const limitMs = this.#options.timeoutMs ?? timeoutMs;
    const initOptions = {
      ctxDeadline: new Date(clock().getTime() + limitMs).toISOString(),
      protocolVersion: "v1",
      keyResourceID: this.#resource,
      hashFunc: sha256,
      rpcOptions: {},
    };
    const args = ["v1", JSON.stringify({ initOptions, ...method })];
    const output = await runProgram(this.name, args, { env, input, stderr, timeoutMs: limitMs, signal });
    // The exit code says nothing that the answer does not: the protocol ignores it.
    const answer = this.#parse(output);
    if (!answer.errorMessage) return answer;
    throw new SigningError("SERVICE_REFUSED", `${this.name} refuses: ${printable(answer.errorMessage)}`);
  }

  #parse(output: Uint8Array): PluginAnswer {
    try {
      return PluginAnswer.parse(parseStrictJson(output));
    } catch (cause) {
      const reason = cause instanceof z.ZodError ? schemaProblems(cause) : (cause as Error).message;
      throw unavailable(`${this.name} did not answer as a plugin does: ${printable(reason)}`, cause);
    }
  }
}

function unavailable(reason: string, cause?: unknown): SigningError {
  return new SigningError("SERVICE_UNAVAILABLE", reason, { cause });
}
