/** Weights and their headers, ModelPack, and the way between files and registries. */
export { ContentCache, type ContentCacheOptions } from "../transfer/content-cache.ts";
export { DigestCache } from "../transfer/digest-cache.ts";
export {
  type DiffSide,
  diffModels,
  type EvidenceDifference,
  type FileDifference,
  type FileSide,
  type ModelDiff,
} from "./diff/diff.ts";
export type { FieldDifference } from "./diff/field-diff.ts";
export type { SettingDifference } from "./diff/settings-diff.ts";
export type { TensorChange, TensorDiff, TensorDifference, TensorFacts } from "./diff/tensor-diff.ts";
export { ModelError, type ModelErrorCode } from "./errors.ts";
export { pathProblem } from "./file-path.ts";
export {
  type FileInspection,
  type InspectOptions,
  inspectDirectory,
  inspectModel,
  type ModelInspection,
} from "./inspect/inspect.ts";
export type { ChatTemplateInspection, ModelFacts, SourcedText, TokenizerInspection } from "./inspect/inspect-facts.ts";
export type { InspectedTensor, WeightsInspection } from "./inspect/inspect-weights.ts";
export type { MlflowModel } from "./inspect/mlmodel.ts";
export { fileKind } from "./kind.ts";
export { type FileKind, fileKinds, layerAnnotationKeys, modelAnnotationKeys, modelMediaTypes } from "./media-types.ts";
export type { ModelInput } from "./model-input.ts";
export type { ModelPackConfig } from "./modelpack-config.ts";
export { type PulledFile, type PulledModel, type PullOptions, pullModel } from "./pull/pull.ts";
export { type AheadOptions, AheadUploads } from "./push/ahead.ts";
export { type BuildOptions, buildModel, type ModelArtifact } from "./push/build.ts";
export { fileSetDigest } from "./push/file-set.ts";
export type { ModelFile } from "./push/layers.ts";
export { type UploadOptions, uploadModel } from "./push/upload.ts";
export { readModel } from "./read.ts";
export type { IndexChoice } from "./tensor-index/build.ts";
export { IndexCache } from "./tensor-index/index-cache.ts";
export type { ModelView, ModelViewFile } from "./view.ts";
export { blobReader, bytesReader, fileReader, type RangeReader } from "./weights/range-reader.ts";
export type { Tensor, WeightsHeader } from "./weights/tensor.ts";
export { weightsFormat } from "./weights/weights-format.ts";
export { readWeightsHeader } from "./weights/weights-header.ts";
export { precisionName, type WeightsSummary } from "./weights/weights-summary.ts";
