import type { Reference } from "../../oci/reference.ts";
import { UsageError } from "../errors.ts";

/** The version in `name:v4`; undefined when the next one is to be allocated. */
export async function askedVersion({ alias, digest, tag, repository }: Reference): Promise<number | undefined> {
  if (digest || alias) throw new UsageError(`${repository} is pinned already, expected <name> or <name>:v<number>`);
  if (tag === undefined) return undefined;
  const { parseVersionTag } = await import("../../lifecycle/versions/tags.ts");
  const version = parseVersionTag(tag);
  if (version === undefined) throw new UsageError(`version is ${tag}, expected v1, v2, …`);
  return version;
}
