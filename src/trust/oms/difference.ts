import { printable } from "../document.ts";
import { VerificationError } from "../errors.ts";
import type { OmsResources } from "./manifest.ts";

/** Names listed in a message; a result has all of them. */
const shownNames = 10;

/** How what is there differs from what was signed, each list sorted. */
export interface OmsDifference {
  readonly extra: readonly string[];
  readonly missing: readonly string[];
  readonly changed: readonly string[];
}

/** Compares by name. */
export function compareResources(signed: OmsResources, actual: OmsResources): OmsDifference {
  return {
    extra: [...actual.keys()].filter((name) => !signed.has(name)).sort(),
    missing: [...signed.keys()].filter((name) => !actual.has(name)).sort(),
    changed: [...signed].filter(([name, hash]) => actual.has(name) && actual.get(name) !== hash).map(([name]) => name),
  };
}

/**
 * Demands that nothing differs.
 *
 * @throws {@link VerificationError} `SUBJECT_MISMATCH`, naming the files.
 */
export function requireSame(what: string, { extra, missing, changed }: OmsDifference): void {
  const parts = [
    ["not signed", extra],
    ["missing", missing],
    ["changed", changed],
  ] as const;
  const differing = parts.filter(([, names]) => names.length > 0);
  if (differing.length === 0) return;
  const text = differing.map(([how, names]) => `${how}: ${listed(names)}`).join("; ");
  throw new VerificationError("SUBJECT_MISMATCH", `${what} is not what was signed; ${text}`);
}

function listed(names: readonly string[]): string {
  const shown = names.slice(0, shownNames).map((name) => printable(name));
  const more = names.length > shownNames ? ` and ${names.length - shownNames} more` : "";
  return `${shown.join(", ")}${more}`;
}
