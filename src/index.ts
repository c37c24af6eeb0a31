/**
 * The everyday API: open a registry, push a model, attach what is known about it, promote it, pull it back verified.
 * Each floor has an entry point of its own (`mreg/oci`, `mreg/trust`, …) with everything it offers.
 */
export { type Clock, systemClock } from "./base/clock.ts";
export { isMregError, MregError } from "./base/errors.ts";
export type { TransferEvent, TransferListener } from "./base/events.ts";
export { attachEvidence, draftEvidence, type EvidenceDraft, scanWeights } from "./evidence/index.ts";
export {
  approve,
  check,
  type Policy,
  parsePolicy,
  promote,
  readStatus,
  resolveAlias,
  verifyState,
} from "./lifecycle/index.ts";
export { type ModelInput, type PulledModel, pullModel, readModel } from "./model/index.ts";
export { type Descriptor, parseReference, type Reference, type Registry, type Repository } from "./oci/index.ts";
export { type ConnectOptions, openTarget } from "./open.ts";
export { type PushedModel, type PushModelOptions, pushModel } from "./push-model.ts";
export {
  generateKeyPair,
  loadSigner,
  parsePublicKey,
  requireSignature,
  type Signer,
  signManifest,
  verifyStatements,
} from "./trust/index.ts";
export {
  type AttachedOms,
  findOms,
  modelResources,
  type OmsDirectoryOptions,
  type OmsPolicy,
  type OmsResources,
  type OmsSigner,
  type OmsSignOptions,
  type OmsVerification,
  signOms,
  verifyOmsDirectory,
} from "./trust/oms/index.ts";
