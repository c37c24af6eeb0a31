/**
 * Referrers read to verify one subject, each for one small request: a thousand of other people's must not hide the
 * right one, and a list that never ends must.
 */
export const verifiedReferrerLimit = 2_000;

/**
 * Transparency log entries in one signature bundle, and as many timestamps: the limits of sigstore-go (CVE-2024-45395).
 */
export const bundleProofLimit = 32;

/** Subjects of one in-toto statement, and digests of each of them: the limits of sigstore-go, same reason. */
export const statementSubjectLimit = 1024;
export const statementDigestLimit = 32;

/** Largest certificate in a bundle or a trust root. Fulcio's, with all that a workflow says of itself, have 2.5 KB. */
export const certificateLimitBytes = 16 * 1024;

/** Certificates in one chain; the public instances use three. */
export const certificateChainLimit = 10;

/** Largest RFC 3161 timestamp; with a full chain in it one has 6 KB. */
export const timestampLimitBytes = 64 * 1024;

/** Largest body of a transparency log entry: a signature and a certificate, twice encoded, stay below 10 KB. */
export const logEntryLimitBytes = 128 * 1024;

/** Largest checkpoint, and its signatures: one of the log, and one of each witness, of which some tens exist. */
export const checkpointLimitCharacters = 64 * 1024;
export const checkpointSignatureLimit = 100;

/** Hashes of one inclusion proof: a log of 2^63 entries needs 63. */
export const inclusionHashLimit = 64;

/** Largest trusted_root.json, and the logs and authorities of a kind in it. The public one has 7 KB and two of each. */
export const trustRootLimitBytes = 1024 * 1024;
export const trustRootEntryLimit = 100;

/** Longest identity in a certificate, and longest pattern for one: both are URLs, and their product is work. */
export const identityLimitCharacters = 2048;

/** Largest private or public key file read. An encrypted RSA key of 8,192 bits has 9 KiB. */
export const keyFileLimitBytes = 64 * 1024;

/** Signatures read in one `.sig` or `.att` manifest, and written into one: what cosign verifies at most. */
export const legacySignatureLimit = 100;

/** Largest payload of a signature before bundles: what podman and CRI-O read at most. */
export const simpleSigningLimitBytes = 4 * 1024 * 1024;

/** Largest answer of a certificate authority, log or timestamp authority; the longest have 20 KB. */
export const serviceReplyLimitBytes = 1024 * 1024;

/** Longest identity token; those of CI systems have 1 to 2 KB. */
export const identityTokenLimitCharacters = 64 * 1024;

/** Largest answer of a KMS plugin: a public key or a signature, in base64 in JSON. */
export const kmsReplyLimitBytes = 1024 * 1024;
