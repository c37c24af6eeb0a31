/** Largest token server response; oras-go reads 128 KiB. */
export const tokenLimitBytes = 128 * 1024;

/** Referrers listed for one subject: more than the 4 MiB of a list under a tag can hold. */
export const referrerListLimit = 20_000;

/** HTTP redirects followed for one request, as in browsers and in Go's client. */
export const redirectLimit = 10;

/** One page of a tag, catalog or referrers list: docker-registry 2.8 ignores `n` and sends a million tags at once. */
export const listPageLimitBytes = 32 * 1024 * 1024;

/** A Docker configuration file, or what a credential helper prints; real ones stay below a few KiB. */
export const credentialLimitBytes = 1024 * 1024;

/** Least that a body must bring per second of waiting, over a stall's time: half of what a modem of 1991 did. */
export const slowestBytesPerSecond = 1024;

/** Head of an answer that is read by our own reader of bodies; Node's parser refuses longer ones, too. */
export const responseHeadLimitBytes = 16 * 1024;
