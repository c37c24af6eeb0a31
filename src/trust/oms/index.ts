/** OpenSSF Model Signing v1.0: signatures over a model's files, as model_signing makes and verifies them. */
export { modelResources, type OmsSignOptions, signOms } from "./attached.ts";
export type { OmsPolicy, OmsSigner } from "./bundle.ts";
export type { DirectoryOptions as OmsDirectoryOptions } from "./directory.ts";
export { type OmsResources, omsFileName } from "./manifest.ts";
export { type AttachedOms, findOms, type OmsVerification, verifyOmsDirectory } from "./verify.ts";
