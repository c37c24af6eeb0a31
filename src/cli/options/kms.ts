import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import type { Signer } from "../../trust/index.ts";
import type { KmsReference } from "../../trust/kms/index.ts";
import { keyFileLimitBytes } from "../../trust/limits.ts";
import type { Context } from "../context.ts";
import { UsageError } from "../errors.ts";

/** Opens a key in a KMS: Vault and OpenBao by their API, everything else by a plugin of that name. */
export async function openKmsSigner(context: Context, reference: KmsReference): Promise<Signer> {
  const { openPluginSigner, openVaultSigner, vaultSchemes } = await import("../../trust/kms/index.ts");
  const { clock, env, signal } = context;
  if (!vaultSchemes.includes(reference.scheme)) {
    return openPluginSigner(reference, { env, clock, signal, stderr: "inherit" });
  }
  const address = env["VAULT_ADDR"] || env["BAO_ADDR"];
  if (!address) throw new UsageError("VAULT_ADDR is not set, expected the address of Vault or OpenBao");
  return openVaultSigner(reference, {
    address,
    token: await vaultToken(context),
    engine: env["TRANSIT_SECRET_ENGINE_PATH"] || undefined,
    namespace: env["VAULT_NAMESPACE"] || env["BAO_NAMESPACE"] || undefined,
    fetch: globalThis.fetch,
    signal,
  });
}

/** As cosign and the vault command find it. */
async function vaultToken({ env }: Context): Promise<string> {
  const given = env["VAULT_TOKEN"] || env["BAO_TOKEN"];
  if (given) return given;
  const path = join(env["HOME"] ?? homedir(), ".vault-token");
  const text = (await readFile(path, "utf8").catch(() => "")).trim();
  if (text !== "" && text.length <= keyFileLimitBytes) return text;
  throw new UsageError(`there is no token for Vault, expected VAULT_TOKEN, or one in ${path}`);
}
