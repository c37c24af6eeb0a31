/**
 * The grammar of the tags mreg writes (docs/lifecycle.md). All are written once; none is a source of truth.
 *
 * A state's name is letters only: a state `v4` would make `v4-r000001` a tag of two meanings, a hyphen many more.
 */

/** What a state may be called. */
export const statePattern = /^[a-z]{1,32}$/;

/** Highest number that fits the six digits of log and rollout tags, which keep them in order for lexical sorters. */
export const sequenceLimit = 999_999;

/** A tag of the grammar, taken apart. */
export type LifecycleTag =
  | { readonly kind: "version"; readonly version: number }
  | { readonly kind: "state"; readonly version: number; readonly state: string }
  | { readonly kind: "rollout"; readonly state: string; readonly sequence: number }
  | { readonly kind: "log"; readonly sequence: number };

/** `v4`: version 4 of the model. */
export function versionTag(version: number): string {
  return `v${checkVersion(version)}`;
}

/** `v4-staging`: version 4 has entered staging. */
export function stateTag(version: number, state: string): string {
  return `v${checkVersion(version)}-${checkState(state)}`;
}

/** `production-r000012`: the 12th change of what production serves. */
export function rolloutTag(state: string, sequence: number): string {
  return `${checkState(state)}-r${sixDigits(sequence)}`;
}

/** `mreg-log-000017`: record 17 of the chain; writing it commits a transition. */
export function logTag(sequence: number): string {
  return `mreg-log-${sixDigits(sequence)}`;
}

/** Takes a tag apart; `undefined` for tags that are not mreg's, such as `latest`, `v04` or `sha256-…`. */
export function parseLifecycleTag(tag: string): LifecycleTag | undefined {
  const version = /^v([1-9][0-9]{0,14})(?:-([a-z]{1,32}))?$/.exec(tag);
  if (version?.[1]) {
    const number = Number(version[1]);
    return version[2] === undefined
      ? { kind: "version", version: number }
      : { kind: "state", version: number, state: version[2] };
  }
  const sequenced = /^(mreg-log-|([a-z]{1,32})-r)([0-9]{6})$/.exec(tag);
  const sequence = Number(sequenced?.[3]);
  if (!sequenced || sequence === 0) return undefined;
  return sequenced[2] === undefined ? { kind: "log", sequence } : { kind: "rollout", state: sequenced[2], sequence };
}

/** The number in a version tag; `undefined` for anything else. */
export function parseVersionTag(tag: string): number | undefined {
  const parsed = parseLifecycleTag(tag);
  return parsed?.kind === "version" ? parsed.version : undefined;
}

function checkVersion(version: number): number {
  // Fifteen digits: every one of them is exact in a double.
  if (Number.isInteger(version) && version >= 1 && version < 1e15) return version;
  throw new RangeError(`version is ${version}, expected a whole number from 1 on`);
}

function checkState(state: string): string {
  if (statePattern.test(state)) return state;
  throw new RangeError(`state is ${JSON.stringify(state)}, expected ${statePattern.source}`);
}

function sixDigits(sequence: number): string {
  if (Number.isInteger(sequence) && sequence >= 1 && sequence <= sequenceLimit)
    return String(sequence).padStart(6, "0");
  throw new RangeError(`sequence is ${sequence}, expected 1 to ${sequenceLimit}`);
}
