import { MregError } from "../base/errors.ts";

export type ModelErrorCode = "CONFIG_INVALID" | "UNSAFE_FORMAT" | "FILE_MISSING" | "PATH_ESCAPE";

/**
 * A directory, or an artifact from a registry, is not a model that mreg packs or unpacks.
 *
 * `CONFIG_INVALID`: what was given contradicts itself or a specification: change it. `UNSAFE_FORMAT`: a weights file is
 * not what its name says, or its header lies: get a good copy. `FILE_MISSING`: there is no such file, or no file at
 * all. `PATH_ESCAPE`: a path or symlink leads, or could lead, out of the directory it belongs to.
 */
export class ModelError extends MregError {
  readonly code: ModelErrorCode;
  /** The file it is about, as a path in the model or as the caller gave it. */
  readonly path: string | undefined;

  constructor(code: ModelErrorCode, message: string, options?: ErrorOptions & { readonly path?: string }) {
    super(message, options);
    this.code = code;
    this.path = options?.path;
  }
}
