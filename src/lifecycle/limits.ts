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
