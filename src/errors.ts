/** Every error class that mreg throws, and the guards to tell them apart. */
export { ContentError, type ContentErrorCode, hasCode, isMregError, MregError } from "./base/errors.ts";
export { SourceError, type SourceErrorCode } from "./bridges/sources/errors.ts";
export { EvidenceError, type EvidenceErrorCode } from "./evidence/errors.ts";
export { LifecycleError, type LifecycleErrorCode } from "./lifecycle/errors.ts";
export { ModelError, type ModelErrorCode } from "./model/errors.ts";
export {
  CopyError,
  type CopyErrorCode,
  InvalidInputError,
  type InvalidInputErrorCode,
  StoreError,
  type StoreErrorCode,
} from "./oci/errors.ts";
export { RegistryError, type RegistryErrorCode } from "./stores/remote/http/error.ts";
export { SigningError, type SigningErrorCode, VerificationError, type VerificationErrorCode } from "./trust/errors.ts";
