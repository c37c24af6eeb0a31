/** Who said what about which content: signing statements and verifying them. */
export { bundleMediaType } from "./bundle.ts";
export {
  acceptsIdentity,
  describeCertificateIdentity,
  type IdentityPattern,
  type IdentityRule,
  identityRule,
} from "./certificate-identity.ts";
export { SigningError, type SigningErrorCode, VerificationError, type VerificationErrorCode } from "./errors.ts";
export type { CertificateIdentity, Fingerprint, Identity, KeyIdentity, PublicKey } from "./identity.ts";
export { parsePublicKey } from "./key.ts";
export { type KeyAlgorithm, keyAlgorithms } from "./key-algorithm.ts";
export { generateKeyPair, type KeyPair, loadSigner } from "./key-signer.ts";
export { ciIdentityToken, type Environment } from "./keyless/ci-token.ts";
export { type DeviceRequest, deviceIdentityToken, type ShowDeviceRequest } from "./keyless/device-flow.ts";
export { type KeylessOptions, keylessSigner } from "./keyless/keyless-signer.ts";
export type { Fetch } from "./keyless/service.ts";
export { parseSigningConfig, publicGood, type SigningInstance } from "./keyless/signing-config.ts";
export { type LogAddress, type Witnesses, withWitnesses } from "./keyless/witnesses.ts";
export {
  type KmsReference,
  openPluginSigner,
  openVaultSigner,
  type PluginOptions,
  parseKmsReference,
  type VaultOptions,
} from "./kms/index.ts";
export { type LegacySignOptions, signLegacy, verifyLegacyStatements } from "./legacy/index.ts";
export { type DemandingPolicy, requireSignature, requireStatements, signManifest } from "./manifest-signature.ts";
export type { Proven, ProvenLogEntry, ProvenTime, Thresholds } from "./proven.ts";
export { type SignOptions, signPredicateType, signStatement } from "./sign.ts";
export { type SignatureProofs, type Signer, signerIdentity } from "./signer.ts";
export { inTotoPayloadType, makeStatement, Statement, type StatementInput, statementType } from "./statement.ts";
export { type ChainAuthority, type LogAuthority, type Period, parseTrustRoot, type TrustRoot } from "./trust-root.ts";
export { builtInTrustRoot, type FetchedTrust, type TufSource, updateTrust } from "./trust-source.ts";
export {
  type CertificateTrust,
  type KeyProofTrust,
  type LegacyLayout,
  type ProofTrust,
  type Rejection,
  requireVerified,
  type UncheckedProofs,
  type Verification,
  type VerificationPolicy,
  type VerificationReport,
} from "./verification.ts";
export { verifyStatement, verifyStatements } from "./verify.ts";
