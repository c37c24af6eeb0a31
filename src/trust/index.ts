/** Who said what about which content: signing statements and verifying them. */
export { bundleMediaType } from "./bundle.ts";
export { SigningError, type SigningErrorCode, VerificationError, type VerificationErrorCode } from "./errors.ts";
export type { Fingerprint, Identity, PublicKey } from "./identity.ts";
export { parsePublicKey } from "./key.ts";
export { generateKeyPair, type KeyPair, loadSigner } from "./key-signer.ts";
export { requireSignature, signManifest } from "./manifest-signature.ts";
export { type SignOptions, signPredicateType, signStatement } from "./sign.ts";
export type { Signer } from "./signer.ts";
export { inTotoPayloadType, makeStatement, Statement, type StatementInput, statementType } from "./statement.ts";
export {
  type Rejection,
  requireVerified,
  type UncheckedProofs,
  type Verification,
  type VerificationPolicy,
  type VerificationReport,
} from "./verification.ts";
export { verifyStatement, verifyStatements } from "./verify.ts";
