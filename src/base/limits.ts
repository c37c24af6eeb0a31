/**
 * Numbers that bound what an attacker can make mreg read, each with its reason: here those that several floors share.
 * A floor's own are in its `limits.ts`. A registry, a layout directory and a bundle are all attackers (ARCHITECTURE.md,
 * "Invariants").
 */

/** Largest manifest or index read or written. distribution and zot refuse more; oras-go uses the same cap. */
export const manifestLimitBytes = 4 * 1024 * 1024;

/** Largest in-memory JSON blob (config, evidence, predicate). Kyverno refuses bundles above 10 MB; so do we. */
export const documentLimitBytes = 10 * 1024 * 1024;

/** Largest error body read from a registry; oras-go reads 8 KiB. */
export const errorBodyLimitBytes = 8 * 1024;

/** Pages followed in one tag, catalog or referrers listing: 1,000 pages of the usual 1,000 entries. */
export const pageLimit = 1_000;

/** Entries taken from one listing, the same million; an endless `Link` chain ends here at the latest. */
export const listLimit = 1_000_000;

/** Referrers that a record names. Some admission engines give up above 50; 1,000 leaves room to complain. */
export const referrerLimit = 1_000;

/** Nesting of any JSON document mreg parses from outside; real ones stay below 20. */
export const jsonDepthLimit = 64;

/** Files in one model directory; a manifest of 4 MiB names some 8,000 layers, and tar layers gather the rest. */
export const modelFileLimit = 100_000;

/**
 * Largest YAML read as front matter or lineage; real ones stay below 64 KiB, and YAML parsers slow down beyond reason.
 */
export const yamlLimitBytes = 256 * 1024;

/** Aliases resolved in one YAML document: the default of the yaml package, which stops "billion laughs" documents. */
export const yamlAliasLimit = 100;
