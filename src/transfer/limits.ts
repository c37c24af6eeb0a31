/** Files whose digests are remembered, the oldest forgotten first: two models of as many files as one may have. */
export const digestCacheLimit = 200_000;

/** Largest digest cache read: as many of its lines, none longer than 170 bytes, as {@link digestCacheLimit} allows. */
export const digestCacheLimitBytes = 34_000_000;

/** Journal of an incomplete download: 32,768 lines of 30 bytes are 1 MB, and each resumption makes it shorter. */
export const journalLimitBytes = 16 * 1024 * 1024;
