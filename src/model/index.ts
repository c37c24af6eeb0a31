/** Weights and their headers, ModelPack, and the way between files and registries. */
export { ContentCache, type ContentCacheOptions } from "../transfer/content-cache.ts";
export { DigestCache } from "../transfer/digest-cache.ts";
export { type AheadOptions, AheadUploads } from "./ahead.ts";
export { type BuildOptions, buildModel, type ModelArtifact } from "./build.ts";
export {
  type DiffSide,
  diffModels,
  type EvidenceDifference,
  type FileDifference,
  type FileSide,
  type ModelDiff,
} from "./diff.ts";
export { ModelError, type ModelErrorCode } from "./errors.ts";
export type { FieldDifference } from "./field-diff.ts";
export { pathProblem } from "./file-path.ts";
export { fileSetDigest } from "./file-set.ts";
export {
  type FileInspection,
  type InspectOptions,
  inspectDirectory,
  inspectModel,
  type ModelInspection,
} from "./inspect.ts";
export type { ChatTemplateInspection, ModelFacts, SourcedText, TokenizerInspection } from "./inspect-facts.ts";
export type { InspectedTensor, WeightsInspection } from "./inspect-weights.ts";
export { fileKind } from "./kind.ts";
export type { ModelFile } from "./layers.ts";
export { type FileKind, fileKinds, layerAnnotationKeys, modelAnnotationKeys, modelMediaTypes } from "./media-types.ts";
export type { MlflowModel } from "./mlmodel.ts";
export type { ModelInput } from "./model-input.ts";
export type { ModelPackConfig } from "./modelpack-config.ts";
export { type PulledFile, type PulledModel, type PullOptions, pullModel } from "./pull.ts";
export { blobReader, bytesReader, fileReader, type RangeReader } from "./range-reader.ts";
export { readModel } from "./read.ts";
export type { SettingDifference } from "./settings-diff.ts";
export type { Tensor, WeightsHeader } from "./tensor.ts";
export type { TensorChange, TensorDiff, TensorDifference, TensorFacts } from "./tensor-diff.ts";
export type { IndexChoice } from "./tensor-index/build.ts";
export { IndexCache } from "./tensor-index/index-cache.ts";
export { type UploadOptions, uploadModel } from "./upload.ts";
export type { ModelView, ModelViewFile } from "./view.ts";
export { weightsFormat } from "./weights-format.ts";
export { readWeightsHeader } from "./weights-header.ts";
export { precisionName, type WeightsSummary } from "./weights-summary.ts";
