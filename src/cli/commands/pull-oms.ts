import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { writeFileAtomic } from "../../base/atomic-file.ts";
import type { PulledModel } from "../../model/index.ts";
import { StoreError } from "../../oci/errors.ts";
import type { OmsPolicy } from "../../trust/oms/index.ts";
import type { Context } from "../context.ts";
import { UsageError } from "../errors.ts";
import { openPolicy } from "../options/policy.ts";
import { readPublicKey } from "../options/signing.ts";
import type { OpenedTarget } from "../options/target.ts";
import type { PullOptions } from "./pull.ts";

/** A model signature speaks of all files: with some of them left out, everything that verifies it says no. */
export function checkWholeModel({ exclude, include, kind }: PullOptions): void {
  if (exclude.length + include.length + kind.length === 0) return;
  throw new UsageError("--oms is for whole models, expected no --include, --exclude or --kind beside it");
}

interface PlacedModel extends PulledModel {
  readonly options: PullOptions;
}

/**
 * Writes the attached model signature that speaks of just these files, after they are in place.
 *
 * Whoever `--verify` or `--verify-key` demands must have made it; otherwise nobody is believed here, and whoever uses
 * the file verifies it.
 *
 * @returns where it was written.
 */
export async function writeModelSignature(
  context: Context,
  { descriptor, repository }: OpenedTarget,
  { directory, files, options }: PlacedModel,
): Promise<string> {
  const { findOms, omsFileName } = await import("../../trust/oms/index.ts");
  const { signal } = context;
  const path = join(directory, omsFileName);
  if (files.some((file) => file.path === omsFileName)) {
    throw new UsageError(`the version has a ${omsFileName} of its own, expected none beside --oms`);
  }
  const placed = new Map(files.map((file) => [file.path, file.digest.slice("sha256:".length)]));
  const policy = await demandedSigner(context, options);
  const { bytes } = await findOms(repository, descriptor, { files: placed, ...(policy ? { policy } : {}) }, { signal });
  const present = await readFile(path).catch(() => undefined);
  if (present?.equals(bytes)) return path;
  if (present && !options.overwrite) {
    throw new StoreError("ALREADY_EXISTS", `${path} is there already, and is not the signature that is attached`);
  }
  await writeFileAtomic(path, bytes, { signal });
  return path;
}

async function demandedSigner(context: Context, options: PullOptions): Promise<OmsPolicy | undefined> {
  if (options.verifyKey) return { keys: [await readPublicKey(context, options.verifyKey)] };
  if (!options.verify) return undefined;
  const { policyTrust } = await import("../../lifecycle/index.ts");
  return policyTrust(await openPolicy(context, options));
}
