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

/** Referrers that a record names. Some admission engines give up above 50; 1,000 leaves room to complain. */
export const referrerLimit = 1_000;

/**
 * Referrers read to verify one subject, each for one small request: a thousand of other people's must not hide the right
 * one, and a list that never ends must.
 */
export const verifiedReferrerLimit = 2_000;

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

/** Longest line read of JSON lines; one sample of an evaluation with its prompts and answers stays below 1 MiB. */
export const jsonLineLimitBytes = 4 * 1024 * 1024;

/** Lines read of one file of JSON lines, and samples told apart in it; the largest suites have some 300,000. */
export const jsonLineLimit = 500_000;

/**
 * Values in one JSON document of evidence. A log of Inspect AI of 10 MiB has some 200,000, a Trivy report some 300,000;
 * without a limit the same 10 MiB could hold five million, which take a gigabyte once parsed.
 */
export const jsonValueLimit = 1_000_000;

/** Columns of a CSV file with results. */
export const csvColumnLimit = 10_000;

/** Bytes parsed of all the files of one evaluation together: parsed JSON takes many times the room of its text. */
export const evaluationParseLimitBytes = 32 * 1024 * 1024;

/** Largest log of an evaluation that is attached; what is parsed at once stays below {@link documentLimitBytes}. */
export const evaluationLogLimitBytes = 256 * 1024 * 1024;

/** Files of one evaluation. HELM writes eight into a run directory, `.eval_results` has one per benchmark. */
export const evaluationFileLimit = 256;

/** Results in one eval statement. All of BIG-bench with its subtasks and metrics stays below 2,000. */
export const evalResultLimit = 10_000;

/** Characters of one decimal number: room for 10^90, and no room to make arithmetic slow. */
export const decimalLimitCharacters = 100;

/** Characters of one text in a model card; the longest sections of public cards have some 20,000. */
export const cardFieldLimitCharacters = 64 * 1024;

/** Largest policy file. One for a company of a thousand keys has some 300 KB, nearly all of them PEM. */
export const policyLimitBytes = 1024 * 1024;

/** Policies that one may extend, directly and by each other: company, division, department, team, and as many again. */
export const policyBaseLimit = 8;

/** Characters of one CEL condition in a policy: what fits a screen, and is read before it is merged. */
export const conditionLimitCharacters = 2_000;

/** Steps that one CEL condition may take, by an upper bound computed beforehand; some 300,000 take a second. */
export const conditionStepLimit = 300_000;

/** Records read in one chain: ten transitions a day for ten years would be 36,500; each costs three small reads. */
export const chainLimit = 50_000;

/** What is remembered of one chain: as many records as {@link chainLimit} with some 1,500 bytes each, and room. */
export const headFileLimitBytes = 128 * 1024 * 1024;

/** Transparency log entries in one signature bundle, and as many timestamps: the limits of sigstore-go (CVE-2024-45395). */
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

/** Least that a body must bring per second of waiting, over a stall's time: half of what a modem of 1991 did. */
export const slowestBytesPerSecond = 1024;

/** Largest tensor index written or read. Parsed it takes 60 MiB, which is what the bound on all commands leaves. */
export const tensorIndexLimitBytes = 12 * 1024 * 1024;

/** Entries of one tensor index, over all files; models of hundreds of gigabytes with 60,000 tensors have none. */
export const tensorIndexEntryLimit = 60_000;

/** Files whose index entries are remembered between pushes, some 100 KB each. */
export const indexCacheLimit = 256;

/** Tensor indexes read for one model. mreg attaches one; anybody may attach more, and each is only a claim. */
export const tensorIndexLimit = 4;

/** Referrers looked at in search of a tensor index, so that a stranger's thousands do not hold up a pull. */
export const tensorIndexListLimit = 100;

/** Files and directories looked at in search of an older version; a model's directory has some hundred. */
export const localFileLimit = 10_000;

/** Directories below the one that is searched for an older version; published models have two levels. */
export const localDepthLimit = 4;

/** Files whose digests are remembered, the oldest forgotten first: two models of as many files as one may have. */
export const digestCacheLimit = 200_000;

/** Largest digest cache read: as many of its lines, none longer than 170 bytes, as {@link digestCacheLimit} allows. */
export const digestCacheLimitBytes = 34_000_000;

/** Signatures read in one `.sig` or `.att` manifest, and written into one: what cosign verifies at most. */
export const legacySignatureLimit = 100;

/** Largest payload of a signature before bundles: what podman and CRI-O read at most. */
export const simpleSigningLimitBytes = 4 * 1024 * 1024;

/** Journal of an incomplete download: 32,768 lines of 30 bytes are 1 MB, and each resumption makes it shorter. */
export const journalLimitBytes = 16 * 1024 * 1024;

/** Head of an answer that is read by our own reader of bodies; Node's parser refuses longer ones, too. */
export const responseHeadLimitBytes = 16 * 1024;

/** Largest answer of a certificate authority, log or timestamp authority; the longest have 20 KB. */
export const serviceReplyLimitBytes = 1024 * 1024;

/** Longest identity token; those of CI systems have 1 to 2 KB. */
export const identityTokenLimitCharacters = 64 * 1024;

/** Largest answer of a KMS plugin: a public key or a signature, in base64 in JSON. */
export const kmsReplyLimitBytes = 1024 * 1024;

/** Longest text of a pickle that is kept; names of modules, functions and tensors stay below 200 characters. */
export const pickleTextLimitBytes = 1024;

/** Longest line of a pickle of protocol 0; strings and integers of any use stay below a megabyte. */
export const pickleLineLimitBytes = 64 * 1024 * 1024;

/** Values on the stack of a pickle; serializers add to containers in thousands, but tuples are made at once. */
export const pickleStackLimit = 200_000;

/** Values a pickle remembers under numbers that are out of turn; serializers number without gaps. */
export const pickleMemoLimit = 100_000;

/** Memory for what is kept of a pickle to be judged, estimated: commands have 150 MiB, and names take a few kilobytes. */
export const pickleJudgedLimit = 8 * 1024 * 1024;

/** Memory for what is kept of one pickle, estimated: a million values. What comes later is judged, and not kept. */
export const pickleRetainedLimit = 64 * 1024 * 1024;

/** Findings listed for one file; the verdict counts all of them. */
export const scanFindingLimit = 50;

/** Members of one archive within a weights file: a checkpoint has one for each tensor. */
export const archiveMemberLimit = 200_000;

/** Largest directory of a zip archive: a line of 100 bytes for each of as many members. */
export const zipDirectoryLimitBytes = 32 * 1024 * 1024;

/** Longest member that is decompressed to look into it: it and its source are in memory, of which commands have 150 MiB. */
export const inflatedMemberLimitBytes = 32 * 1024 * 1024;

/** Archives within archives that a scan looks into; published files have at most two. */
export const archiveDepthLimit = 4;

/** Fields of one protobuf message with all within it; the graphs of the largest models in ONNX have some million. */
export const protobufFieldLimit = 5_000_000;

/** Messages within messages: the default of protobuf's own readers. */
export const protobufDepthLimit = 100;

/** Findings of a foreign scanner that a statement names; the report itself is attached. */
export const scanReportTestLimit = 500;

/** Numbers in one monitoring report: a model of a thousand features with ten checks of each. */
export const monitoringMetricLimit = 10_000;

/** Users of one version that a statement lists. */
export const consumerLimit = 10_000;

/** Findings of a vulnerability scanner in one statement; the image of an operating system has some thousand. */
export const vulnerabilityLimit = 20_000;

/** Largest file that lineage is collected from; a `dvc.lock` of a thousand stages has some 500 KB. */
export const collectedFileLimitBytes = 2 * 1024 * 1024;

/** Largest lock file of packages that is hashed; those of the largest projects have 5 MB. */
export const lockFileLimitBytes = 16 * 1024 * 1024;

/** Names looked at in one directory, in search of runs and data sets. */
export const collectedDirectoryLimit = 2_000;

/** Data sets and parameters that one collector may find. */
export const collectedEntryLimit = 1_000;

/** Directories upwards in search of a repository. */
export const parentDirectoryLimit = 64;

/** Local runs of MLflow looked at in search of the newest. */
export const collectedRunLimit = 1_000;

/** What git says of changed files; the first line decides. */
export const gitReplyLimitBytes = 1024 * 1024;

/** How long git may look for changed files, which in the largest repositories takes some seconds. */
export const gitTimeLimitMs = 20_000;

/** How much an archive may grow when it is decompressed: weights shrink by a third, text to a tenth. */
export const expandedArchiveLimitRatio = 20;

/** What every archive may grow to: code and documents of a model. */
export const expandedArchiveLimitBytes = 64 * 1024 * 1024;

/** Results of evaluations in one bill of materials; the statements themselves hold all of them. */
export const bomMetricLimit = 1_000;
