/** Numbers that bound what a hostile directory can make mreg read. */

/**
 * Largest index.json read or written: some 200,000 entries of 300 bytes.
 * zot and oras-go name no limit, and become unusable long before this one because they rewrite the file at every push.
 */
export const indexLimitBytes = 64 * 1024 * 1024;

/** Largest oci-layout file read; the specified content has 30 bytes. */
export const layoutFileLimitBytes = 4 * 1024;

/** Path components of a repository name; registries in the wild stay below 10, and a walk has to end somewhere. */
export const nameDepthLimit = 32;

/** Directories looked at in one listing of repositories; a directory of more is no model store. */
export const walkLimit = 100_000;

/** Bytes of manifests whose subject and annotations are remembered by one registry: some 60,000 of the usual 1 KiB. */
export const manifestCacheLimitBytes = 64 * 1024 * 1024;

/** Age at which a lock counts as left behind, where nobody can tell whether its holder lives. */
export const lockStaleMs = 10_000;

/** How long a writer waits for others by default: long enough to outlive one lock that was left behind. */
export const lockWaitMs = 30_000;

/** Age at which a temporary file counts as left behind: an upload that lives adds bytes, and so changes its time. */
export const uploadStaleMs = 24 * 60 * 60 * 1_000;
