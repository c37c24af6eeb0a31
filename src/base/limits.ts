/**
 * Every number that bounds what an attacker can make mreg read, with the reason for it.
 * A registry, a layout directory and a bundle are all attackers (architecture.md, invariant 1).
 */

/** Largest manifest or index read or written. distribution and zot refuse more; oras-go uses the same cap. */
export const manifestLimitBytes = 4 * 1024 * 1024;

/** Largest in-memory JSON blob (config, evidence, predicate). Kyverno refuses bundles above 10 MB; so do we. */
export const documentLimitBytes = 10 * 1024 * 1024;

/** Largest error body read from a registry; oras-go reads 8 KiB. */
export const errorBodyLimitBytes = 8 * 1024;

/** Largest token server response; oras-go reads 128 KiB. */
export const tokenLimitBytes = 128 * 1024;

/** Pages followed in one tag, catalog or referrers listing: 1,000 pages of the usual 1,000 entries. */
export const pageLimit = 1_000;

/** Entries taken from one listing, the same million; an endless `Link` chain ends here at the latest. */
export const listLimit = 1_000_000;

/** Referrers verified for one subject. Some admission engines give up above 50; 1,000 leaves room to complain. */
export const referrerLimit = 1_000;

/** Referrers listed for one subject: more than the 4 MiB of a list under a tag can hold. */
export const referrerListLimit = 20_000;

/** Nodes walked in one content graph: a manifest of 4 MiB holds at most some 40,000 descriptors. */
export const graphNodeLimit = 100_000;

/** Manifests nested in one another; images use 2, attestations of attestations 4. */
export const graphDepthLimit = 32;

/** Nesting of any JSON document mreg parses from outside; real ones stay below 20. */
export const jsonDepthLimit = 64;

/** HTTP redirects followed for one request, as in browsers and in Go's client. */
export const redirectLimit = 10;

/** One page of a tag, catalog or referrers list: docker-registry 2.8 ignores `n` and sends a million tags at once. */
export const listPageLimitBytes = 32 * 1024 * 1024;

/** A Docker configuration file, or what a credential helper prints; real ones stay below a few KiB. */
export const credentialLimitBytes = 1024 * 1024;

/** Largest JSON header of a safetensors file: the number of the reference implementation. */
export const safetensorsHeaderLimitBytes = 100_000_000;

/** Largest index of safetensors shards; it repeats the names in the shards' headers, 9 MB for the largest models. */
export const shardIndexLimitBytes = 100_000_000;

/** Largest GGUF header; vocabularies of 256,000 tokens with merges stay below 20 MB. */
export const ggufHeaderLimitBytes = 100_000_000;

/** Tensors in one weights file; the largest published mixture-of-experts shards hold some 6,000. */
export const tensorLimit = 1_000_000;

/** Longest GGUF metadata string that is kept; longer ones are skipped unread. Chat templates stay below 100 KiB. */
export const ggufStringLimitBytes = 1024 * 1024;

/** Longest path of a file in a model; Windows stops at 260 characters, and Linux at 4,096 bytes with the directory. */
export const filePathLimitBytes = 1024;

/** Longest component of a path, as every usual file system has it. */
export const fileNameLimitBytes = 255;

/** Files in one model directory; a manifest of 4 MiB names some 8,000 layers, and tar layers gather the rest. */
export const modelFileLimit = 100_000;

/** Largest YAML read as front matter or lineage; real ones stay below 64 KiB, and YAML parsers slow down beyond reason. */
export const yamlLimitBytes = 256 * 1024;

/** Aliases resolved in one YAML document: the default of the yaml package, which stops "billion laughs" documents. */
export const yamlAliasLimit = 100;

/** Results in one eval statement. All of BIG-bench with its subtasks and metrics stays below 2,000. */
export const evalResultLimit = 10_000;

/** Characters of one decimal number: room for 10^90, and no room to make arithmetic slow. */
export const decimalLimitCharacters = 100;

/** Characters of one text in a model card; the longest sections of public cards have some 20,000. */
export const cardFieldLimitCharacters = 64 * 1024;

/** Largest policy file. One for a company of a thousand keys has some 300 KB, nearly all of them PEM. */
export const policyLimitBytes = 1024 * 1024;

/** Records read in one chain: ten transitions a day for ten years would be 36,500; each costs three small reads. */
export const chainLimit = 50_000;

/** Transparency log entries in one signature bundle, and as many timestamps: the limits of sigstore-go (CVE-2024-45395). */
export const bundleProofLimit = 32;

/** Subjects of one in-toto statement, and digests of each of them: the limits of sigstore-go, same reason. */
export const statementSubjectLimit = 1024;
export const statementDigestLimit = 32;

/** Largest private or public key file read. An encrypted RSA key of 8,192 bits has 9 KiB. */
export const keyFileLimitBytes = 64 * 1024;

/** Least that a body must bring per second of waiting, over a stall's time: half of what a modem of 1991 did. */
export const slowestBytesPerSecond = 1024;
