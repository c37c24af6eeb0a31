import { z } from "zod";
import type { ByteStream } from "../../../base/bytes.ts";
import { modelFileLimit } from "../../../base/limits.ts";
import type { CallOptions } from "../../../oci/content.ts";
import type { HttpSource } from "../http-source.ts";
import type { SourceFile } from "../source-model.ts";
import { type HubName, isCommit } from "./repository-name.ts";

const ModelInfo = z.looseObject({
  id: z.string().max(300),
  sha: z.string().max(100),
  siblings: z
    .array(z.looseObject({ rfilename: z.string().max(1_024), size: z.int().min(0).optional() }))
    .max(modelFileLimit),
});

export interface HubModel {
  readonly id: string;
  readonly commit: string;
  readonly files: readonly SourceFile[];
}

/**
 * Asks a hub for the files of a model: a branch or tag is looked up once, and everything read at the commit.
 *
 * @param hub - Hugging Face's, or a mirror with its API.
 * @see {@link https://huggingface.co/docs/hub/api}
 */
export async function openHubModel(
  hub: HttpSource,
  { id, revision }: HubName,
  options: CallOptions = {},
): Promise<HubModel> {
  const at = `/api/models/${id}/revision/${encodeURIComponent(revision)}`;
  const info = await hub.json({ url: at, query: { blobs: "true" }, ...options }, ModelInfo);
  if (!info || !isCommit(info.sha)) throw hub.invalid(`it names no commit for ${id}@${revision}`);
  if (isCommit(revision) && info.sha !== revision)
    throw hub.invalid(`it was asked for ${revision} and answers ${info.sha}`);
  const open = async (path: string, size: number | undefined, call: CallOptions = {}): Promise<ByteStream> => {
    const encoded = path.split("/").map(encodeURIComponent).join("/");
    const content = await hub.content({ url: `/${id}/resolve/${info.sha}/${encoded}`, ...call });
    if (!content) throw hub.invalid(`it does not give ${JSON.stringify(path)}`);
    if (size !== undefined && content.size !== undefined && content.size !== size) {
      throw hub.invalid(`${JSON.stringify(path)} was listed with ${size} bytes and comes with ${content.size}`);
    }
    return content.body;
  };
  const files = info.siblings
    // What the hub keeps for itself, as its own downloads into a directory leave it out of a model.
    .filter(({ rfilename: path }) => !path.startsWith("."))
    .map(({ rfilename: path, size }): SourceFile => ({ path, size, open: (call) => open(path, size, call) }));
  return { id, commit: info.sha, files };
}
