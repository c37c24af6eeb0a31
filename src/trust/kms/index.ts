/** Keys that somebody else keeps: plugins of sigstore, Vault and OpenBao. */
export { openPluginSigner, type PluginOptions } from "./plugin.ts";
export { type KmsReference, parseKmsReference } from "./reference.ts";
export { openVaultSigner, type VaultOptions, vaultSchemes } from "./vault.ts";
