import { mediaTypePattern } from "../oci/descriptor.ts";
import { annotationKeys } from "../oci/media-types.ts";
import { ModelError } from "./errors.ts";
import { modelAnnotationKeys } from "./media-types.ts";

/**
 * What a caller says about a model. Nothing is taken from the clock or the machine, so equal input gives equal digests.
 */
export interface ModelInput {
  /** Files and directories on this machine. */
  readonly paths: readonly string[];
  /** The model's name; its repository. */
  readonly name: string;
  /** The team that answers for it. */
  readonly owner?: string;
  /** Recorded only when given: the number that a registry allocates is a tag, not content. */
  readonly version?: string;
  /** More annotations of the manifest; `dev.mreg.*` is taken. */
  readonly annotations?: Readonly<Record<string, string>>;
  /** Default: ModelPack's. Other values cost some readers; see docs/decisions. */
  readonly artifactType?: string;
  /** RFC 3339. Also becomes the time of every file. */
  readonly created?: string;
  /** SPDX expressions. */
  readonly licenses?: readonly string[];
  /** URL of the source code. */
  readonly source?: string;
  /** Revision of the source code. */
  readonly revision?: string;
  /** The artifact this one was made from. */
  readonly base?: { readonly name: string; readonly digest?: string };
  /** Where it was imported from: becomes annotations `dev.mreg.import.*`. */
  readonly imported?: Readonly<Record<string, string>>;
  /** Directories that symlinks may lead into, beside the directory they are in: where a cache keeps its blobs. */
  readonly linkTargets?: readonly string[];
  /** Globs of files that are data rather than weights or configuration. */
  readonly datasets?: readonly string[];
}

const dateTimePattern = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/;
const ownPrefix = "dev.mreg.";

/** Refuses input that would give an invalid artifact. @throws {@link ModelError} `CONFIG_INVALID`. */
export function checkInput(input: ModelInput): void {
  const { name, created, annotations = {}, artifactType } = input;
  if (name === "") throw new ModelError("CONFIG_INVALID", "the model's name is empty");
  if (created !== undefined && !(dateTimePattern.test(created) && Number.isFinite(Date.parse(created)))) {
    const received = JSON.stringify(created);
    throw new ModelError("CONFIG_INVALID", `created is ${received}, expected RFC 3339 such as 2026-01-31T12:00:00Z`);
  }
  if (artifactType !== undefined && !mediaTypePattern.test(artifactType)) {
    throw new ModelError("CONFIG_INVALID", `artifact type ${JSON.stringify(artifactType)} is not a media type`);
  }
  const taken = Object.keys(annotations).find((key) => key === "" || key.startsWith(ownPrefix));
  if (taken !== undefined) {
    throw new ModelError("CONFIG_INVALID", `annotation ${JSON.stringify(taken)}: ${ownPrefix}* is mreg's own`);
  }
}

/** The annotations of the manifest; what has a field of its own in the input wins over free annotations. */
export function manifestAnnotations(input: ModelInput, fileSet: string): Record<string, string> {
  const { licenses = [] } = input;
  const known: readonly (readonly [key: string, value: string | undefined])[] = [
    [annotationKeys.version, input.version],
    [annotationKeys.created, input.created],
    [annotationKeys.source, input.source],
    [annotationKeys.revision, input.revision],
    [annotationKeys.licenses, licenses.length > 0 ? joinLicenses(licenses) : undefined],
    [annotationKeys.baseName, input.base?.name],
    [annotationKeys.baseDigest, input.base?.digest],
    [modelAnnotationKeys.name, input.name],
    [modelAnnotationKeys.owner, input.owner],
    [modelAnnotationKeys.fileSet, fileSet],
    ...Object.entries(input.imported ?? {}).map(([key, value]) => [`${ownPrefix}import.${key}`, value] as const),
  ];
  return {
    ...input.annotations,
    ...Object.fromEntries(known.filter((entry): entry is [string, string] => entry[1] !== undefined)),
  };
}

/** The OCI annotation is one SPDX expression, where ModelPack has a list. */
function joinLicenses(licenses: readonly string[]): string {
  if (licenses.length === 1) return licenses[0] ?? "";
  return licenses.map((license) => (license.includes(" ") ? `(${license})` : license)).join(" AND ");
}
