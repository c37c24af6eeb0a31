/**
 * Certificates, logs and timestamps of sigstore. Loaded only by who meets one: it brings the sigstore packages along.
 */
export { allowsSignatures, identityOf } from "./certificate.ts";
export { checkTimestamp } from "./timestamp.ts";
export { verifyCertificateProofs, verifyKeyProofs } from "./verify-proofs.ts";
