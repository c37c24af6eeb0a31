/**
 * What a new key can be, by the names of the field; the first is the default. Apart, so that help pages load no more.
 */
export const keyAlgorithms = ["ecdsa-p256", "ecdsa-p384", "ed25519", "rsa-3072", "rsa-4096"] as const;
export type KeyAlgorithm = (typeof keyAlgorithms)[number];
