import { z } from "zod";
import type { Digest } from "../../../base/digest.ts";
import type { CallOptions } from "../../../oci/content.ts";
import { SourceError } from "../errors.ts";
import type { MlflowServer } from "./server.ts";

/** The tag that an imported version gets, so that people at the server find what became of it. */
export const digestTag = "mreg.digest";

/**
 * Writes the model's digest to its version at the server.
 *
 * @param location - pinned, `models:/<name>/<version>`.
 * @throws {@link SourceError} `SOURCE_UNSUPPORTED` for what is no registered version, `SOURCE_REFUSED` without
 * permission.
 */
export async function writeBack(
  server: MlflowServer,
  location: string,
  digest: Digest,
  options: CallOptions = {},
): Promise<void> {
  const [, name, version] = /^models:\/([^/]+)\/([1-9][0-9]*)$/.exec(location) ?? [];
  if (!name || !version) {
    throw new SourceError("SOURCE_UNSUPPORTED", `${location} is no registered version, and has nowhere to write to`);
  }
  await server.post(
    "model-versions/set-tag",
    { name, version, key: digestTag, value: digest },
    z.looseObject({}),
    options,
  );
}
