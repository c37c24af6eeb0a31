/**
 * A KMS plugin by the protocol of sigstore, whose "KMS" is a directory of PEM files: `mregtest://<file>`.
 *
 * cosign drives it in test/peers, which is what says that it keeps to the protocol.
 */
import { createPrivateKey, createPublicKey, sign } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { signDigest } from "./sign-digest.ts";

interface PluginArgs {
  readonly initOptions: { readonly protocolVersion: string; readonly keyResourceID: string; readonly hashFunc: number };
  readonly methodName: string;
  readonly signMessage?: { readonly signOptions: { readonly messageOptions: { readonly digest?: string } } };
}

/** Go's numbers of hashes. */
const hashNames: Readonly<Record<number, string>> = { 5: "sha256", 6: "sha384", 7: "sha512" };

function answer(version: string | undefined, { initOptions, methodName, signMessage }: PluginArgs): object {
  if (version !== "v1" || initOptions.protocolVersion !== "v1") throw new Error(`unknown protocol ${version}`);
  const directory = process.env["MREGTEST_KEYS"] ?? "";
  const key = createPrivateKey(readFileSync(join(directory, initOptions.keyResourceID), "utf8"));
  if (methodName === "publicKey") {
    const pem = createPublicKey(key).export({ type: "spki", format: "pem" }).toString();
    return { publicKey: { publicKeyPEM: Buffer.from(pem).toString("base64") } };
  }
  if (methodName === "defaultAlgorithm") return { defaultAlgorithm: { defaultAlgorithm: "ecdsa-p256-sha256" } };
  if (methodName === "supportedAlgorithms") {
    return { supportedAlgorithms: { supportedAlgorithms: ["ecdsa-p256-sha256"] } };
  }
  if (methodName !== "signMessage") throw new Error(`unsupported method: ${methodName}`);
  // cosign hashes for itself, mreg sends the message.
  const digest = signMessage?.signOptions.messageOptions.digest;
  if (digest) return { signMessage: { signature: signDigest(key, Buffer.from(digest, "base64")).toString("base64") } };
  const hash = key.asymmetricKeyType === "ed25519" ? null : (hashNames[initOptions.hashFunc] ?? "unknown");
  return { signMessage: { signature: sign(hash, readFileSync(0), key).toString("base64") } };
}

try {
  process.stdout.write(JSON.stringify(answer(process.argv[2], JSON.parse(process.argv[3] ?? "") as PluginArgs)));
} catch (error) {
  process.stdout.write(JSON.stringify({ errorMessage: (error as Error).message }));
  process.exitCode = 1;
}
