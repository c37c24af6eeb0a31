import type { ByteStream } from "../../../base/bytes.ts";
import { modelFileLimit } from "../../../base/limits.ts";
import type { CallOptions } from "../../../oci/content.ts";
import { SourceError } from "../errors.ts";
import type { SourceFile } from "../source-model.ts";
import { type Artifacts, below } from "./listing.ts";
import { proxiedArtifacts } from "./proxied-artifacts.ts";
import type { MlflowServer } from "./server.ts";
import { streamedArtifacts } from "./streamed-artifacts.ts";
import type { PinnedModel } from "./version.ts";

/** Directories in one another. */
const depthLimit = 16;

/** MLflow writes it beside the files when it downloads them; it is not part of what was logged. */
const clientFile = "registered_model_meta";

/**
 * The files of a model, each with a way to read it: an address that the store has signed or the server's proxy, else
 * what the server streams of a registered version out of a store that only it can open.
 *
 * @throws {@link SourceError} `SOURCE_UNSUPPORTED` for files that the server does not hand out.
 */
export async function listArtifacts(
  server: MlflowServer,
  pinned: PinnedModel,
  options: CallOptions = {},
): Promise<readonly SourceFile[]> {
  const artifacts = proxiedArtifacts(server, pinned) ?? streamedArtifacts(server, pinned);
  if (!artifacts) throw outOfReach(pinned);
  const files: SourceFile[] = [];
  await walk({ server, artifacts, files, options }, "", 0);
  return files;
}

function outOfReach({ artifactUri, location }: PinnedModel): SourceError {
  const scheme = /^[a-z][a-z0-9+.-]{0,30}(?=:)/i.exec(artifactUri)?.[0] ?? "a path of its own";
  const advice = `download it where the store can be reached (mlflow artifacts download -u ${location} -d model), then run mreg push`;
  const reason = `the server keeps ${location} at ${scheme}, and streams registered versions only`;
  return new SourceError("SOURCE_UNSUPPORTED", `${reason}; ${advice}`);
}

interface Walk {
  readonly server: MlflowServer;
  readonly artifacts: Artifacts;
  readonly files: SourceFile[];
  readonly options: CallOptions;
}

async function walk(given: Walk, directory: string, depth: number): Promise<void> {
  const { server, artifacts, files, options } = given;
  if (depth > depthLimit) throw server.http.invalid(`directories are nested deeper than ${depthLimit}`);
  for await (const { name, isDirectory, size } of artifacts.list(directory, options)) {
    if (name === "" || /[/\\\0]/.test(name) || name === "." || name === "..") {
      throw server.http.invalid(`it lists ${JSON.stringify(name.slice(0, 300))}, expected a plain name`);
    }
    const path = below(directory, name);
    if (isDirectory) await walk(given, path, depth + 1);
    else if (path !== clientFile) files.push({ path, size, open: (call) => open(given, { path, size }, call) });
    if (files.length > modelFileLimit) throw server.http.invalid(`it lists more than ${modelFileLimit} files`);
  }
}

async function open(
  { server, artifacts }: Walk,
  { path, size }: Pick<SourceFile, "path" | "size">,
  options: CallOptions = {},
): Promise<ByteStream> {
  const { body, size: sent } = await artifacts.open(path, options);
  if (size === undefined || sent === undefined || sent === size) return body;
  throw server.http.invalid(`${JSON.stringify(path)} was listed with ${size} bytes and comes with ${sent}`);
}
