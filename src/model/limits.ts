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

/** Longest text of a pickle that is kept; names of modules, functions and tensors stay below 200 characters. */
export const pickleTextLimitBytes = 1024;

/** Longest line of a pickle of protocol 0; strings and integers of any use stay below a megabyte. */
export const pickleLineLimitBytes = 64 * 1024 * 1024;

/** Values on the stack of a pickle; serializers add to containers in thousands, but tuples are made at once. */
export const pickleStackLimit = 200_000;

/** Values a pickle remembers under numbers that are out of turn; serializers number without gaps. */
export const pickleMemoLimit = 100_000;

/**
 * Memory for what is kept of a pickle to be judged, estimated: commands have 150 MiB, and names take a few kilobytes.
 */
export const pickleJudgedLimit = 8 * 1024 * 1024;

/** Memory for what is kept of one pickle, estimated: a million values. What comes later is judged, and not kept. */
export const pickleRetainedLimit = 64 * 1024 * 1024;

/** Members of one archive within a weights file: a checkpoint has one for each tensor. */
export const archiveMemberLimit = 200_000;

/** Largest directory of a zip archive: a line of 100 bytes for each of as many members. */
export const zipDirectoryLimitBytes = 32 * 1024 * 1024;

/**
 * Longest member that is decompressed to look into it: it and its source are in memory, of which commands have 150 MiB.
 */
export const inflatedMemberLimitBytes = 32 * 1024 * 1024;

/** Fields of one protobuf message with all within it; the graphs of the largest models in ONNX have some million. */
export const protobufFieldLimit = 5_000_000;

/** Messages within messages: the default of protobuf's own readers. */
export const protobufDepthLimit = 100;

/** How much an archive may grow when it is decompressed: weights shrink by a third, text to a tenth. */
export const expandedArchiveLimitRatio = 20;

/** What every archive may grow to: code and documents of a model. */
export const expandedArchiveLimitBytes = 64 * 1024 * 1024;
