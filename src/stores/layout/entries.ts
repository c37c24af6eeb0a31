import { countAt, objectAt, optionalAt, textAt, textsAt } from "../../base/shape.ts";
import { type Descriptor, mediaTypePattern } from "../../oci/descriptor.ts";
import { parseDigest } from "../../oci/digest.ts";
import { InvalidInputError } from "../../oci/errors.ts";
import { annotationKeys } from "../../oci/media-types.ts";
import { isTag } from "../../oci/reference.ts";

/**
 * One line of index.json: a manifest, and at most one name for it.
 *
 * The digest is checked when it is used, not here: an entry of an algorithm that mreg cannot verify is carried along
 * and does not make the rest of the layout unreadable.
 */
export interface IndexEntry {
  readonly mediaType: string;
  readonly digest: string;
  /** Bytes. */
  readonly size: number;
  readonly annotations?: Record<string, string> | undefined;
  readonly artifactType?: string | undefined;
  readonly [unknown: string]: unknown;
}

const mediaType = { regex: mediaTypePattern, name: "a media type" };
const anyDigest = { regex: /^[a-z0-9]+(?:[+._-][a-z0-9]+)*:[a-zA-Z0-9=_-]+$/, name: "a digest" };

/** Reads an entry. @throws TypeError that says what is wrong with it. */
export function indexEntryAt(value: unknown, at: string): IndexEntry {
  const fields = objectAt(value, at);
  textAt(fields["mediaType"], `${at}.mediaType`, mediaType);
  textAt(fields["digest"], `${at}.digest`, anyDigest);
  countAt(fields["size"], `${at}.size`);
  optionalAt(fields["annotations"], `${at}.annotations`, textsAt);
  optionalAt(fields["artifactType"], `${at}.artifactType`, textAt);
  return fields as IndexEntry;
}

/** The tag of an entry. Other programs also write whole references there; those are no tags, and are carried along. */
export function tagOf(entry: IndexEntry): string | undefined {
  const name = entry.annotations?.[annotationKeys.refName];
  return name !== undefined && isTag(name) ? name : undefined;
}

/** The three fields that identify the manifest of an entry. @throws {@link InvalidInputError} `INVALID_DIGEST`. */
export function manifestOf({ mediaType, digest, size }: IndexEntry): Descriptor {
  return { mediaType, digest: parseDigest(digest), size };
}

/**
 * Finds what a tag names.
 *
 * @throws {@link InvalidInputError} `INVALID_MANIFEST` when it names two manifests: one reader would take the first and
 * another the last.
 */
export function findTag(entries: readonly IndexEntry[], tag: string): IndexEntry | undefined {
  const named = entries.filter((entry) => tagOf(entry) === tag);
  const other = named.find(({ digest }) => digest !== named[0]?.digest);
  if (!other) return named[0];
  throw new InvalidInputError(
    "INVALID_MANIFEST",
    `index.json gives tag ${tag} to ${named[0]?.digest} and to ${other.digest}`,
  );
}

/** Lists a manifest without a name, unless it is listed already. */
export function addManifest(entries: readonly IndexEntry[], manifest: Descriptor): readonly IndexEntry[] {
  if (entries.some(({ digest }) => digest === manifest.digest)) return entries;
  const { mediaType, digest, size, artifactType } = manifest;
  return [...entries, { mediaType, digest, size, ...(artifactType ? { artifactType } : {}) }];
}

/** Takes a manifest out with all its tags. */
export function removeManifest(entries: readonly IndexEntry[], manifest: Descriptor): readonly IndexEntry[] {
  return entries.filter(({ digest }) => digest !== manifest.digest);
}

/**
 * Names a listed manifest, and nothing else by the same tag.
 *
 * The entry without a name becomes the first entry with one: oras and zot would show it as a second, untagged version.
 */
export function addTag(entries: readonly IndexEntry[], manifest: Descriptor, tag: string): readonly IndexEntry[] {
  const own = entries.filter(({ digest }) => digest === manifest.digest);
  const cleared = removeTag(entries, tag, manifest.digest);
  if (own.some((entry) => tagOf(entry) === tag)) return cleared;
  const nameless = own.find((entry) => nameOf(entry) === undefined);
  const { annotations, ...rest } = nameless ?? own[0] ?? { annotations: undefined, ...manifest };
  const named = { ...rest, annotations: { ...annotations, [annotationKeys.refName]: tag } };
  return nameless ? cleared.map((entry) => (entry === nameless ? named : entry)) : [...cleared, named];
}

/** Takes a tag away, except from the manifest `keep`; a manifest that loses its last entry stays, without a name. */
export function removeTag(entries: readonly IndexEntry[], tag: string, keep?: string): readonly IndexEntry[] {
  const result: IndexEntry[] = [];
  const loses = (entry: IndexEntry) => tagOf(entry) === tag && entry.digest !== keep;
  if (!entries.some(loses)) return entries;
  for (const entry of entries) {
    if (!loses(entry)) result.push(entry);
    else if (!entries.some((other) => other.digest === entry.digest && !loses(other))) addNameless(result, entry);
  }
  return result;
}

function addNameless(entries: IndexEntry[], named: IndexEntry): void {
  if (entries.some(({ digest }) => digest === named.digest)) return;
  const { annotations, ...rest } = named;
  const { [annotationKeys.refName]: _name, ...others } = annotations ?? {};
  entries.push(Object.keys(others).length > 0 ? { ...rest, annotations: others } : rest);
}

function nameOf(entry: IndexEntry): string | undefined {
  return entry.annotations?.[annotationKeys.refName];
}
