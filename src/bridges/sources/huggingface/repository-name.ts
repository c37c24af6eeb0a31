import { SourceError } from "../errors.ts";

/** A model on the hub, at a branch, tag or commit. */
export interface HubName {
  /** `organisation/name`, or a name alone for the oldest ones. */
  readonly id: string;
  readonly revision: string;
}

const idPattern = /^[A-Za-z0-9][\w.-]{0,95}(?:\/[A-Za-z0-9][\w.-]{0,95})?$/;
const revisionPattern = /^[A-Za-z0-9][\w./-]{0,199}$/;

/** Reads `organisation/name` and `organisation/name@revision`; default revision `main`. @throws {@link SourceError}. */
export function parseHubName(text: string): HubName {
  const [id = "", revision = "main", ...more] = text.replace(/^hf:\/\//, "").split("@");
  const isName = idPattern.test(id) && !id.includes("..") && more.length === 0;
  if (isName && revisionPattern.test(revision) && !revision.includes("..")) return { id, revision };
  const found = JSON.stringify(text.slice(0, 200));
  throw new SourceError("SOURCE_UNSUPPORTED", `${found} is no model on the hub, expected organisation/name@revision`);
}

/** A commit of the hub's Git repositories, which never moves. */
export function isCommit(revision: string): boolean {
  return /^[0-9a-f]{40}$/.test(revision);
}
