/**
 * Signatures as they were before sigstore's bundles: reading them, and writing them for tools that read nothing else.
 */
export { type LegacySignOptions, signLegacy } from "./sign.ts";
export { verifyLegacyStatements } from "./verify.ts";
