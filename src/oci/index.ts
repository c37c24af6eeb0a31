/** Both OCI specifications as data and pure functions; knows nothing of models. */
export { type Attachment, attach } from "./attach.ts";
export { type ContentCheck, type ContentProblem, checkContents } from "./check-contents.ts";
export type * from "./content.ts";
export {
  type CopyDestination,
  type CopyOptions,
  type CopyReport,
  type CopySource,
  copy,
  type SkippedContent,
  type TaggedCopyOptions,
} from "./copy.ts";
export { type Descriptor, describe, identity } from "./descriptor.ts";
export { isDigest, parseDigest } from "./digest.ts";
export {
  CopyError,
  type CopyErrorCode,
  type CopyErrorFacts,
  type CopyOperation,
  InvalidInputError,
  type InvalidInputErrorCode,
  StoreError,
  type StoreErrorCode,
} from "./errors.ts";
export { fetchImageManifest, fetchManifest, resolveManifest } from "./fetch-manifest.ts";
export { fileLayer } from "./file-layer.ts";
export { type ReferrerNode, referrerTree, successors } from "./graph.ts";
export { type ImageIndex, type ImageManifest, type Manifest, parseManifest } from "./manifest.ts";
export { annotationKeys, isManifestType, mediaTypes } from "./media-types.ts";
export { emptyJson, manifestSource, type PackInput, packManifest } from "./pack.ts";
export {
  type Finding,
  type ProbeContent,
  type ProbeName,
  type ProbeOptions,
  type ProbeReport,
  probeStore,
} from "./probe.ts";
export {
  checkRepositoryName,
  checkTag,
  checkTagOrDigest,
  formatReference,
  isTag,
  parseReference,
  type Reference,
} from "./reference.ts";
export { isReferrersTag, referrersTag } from "./referrers-tag.ts";
export { type BlobSource, bytesSource, fileSource } from "./source.ts";
