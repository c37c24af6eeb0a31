import { ArtifactsAnswer } from "./answers.ts";
import { type Artifacts, below, pagesOf } from "./listing.ts";
import type { MlflowServer } from "./server.ts";
import type { PinnedModel } from "./version.ts";

/**
 * Files of a registered version that the server reads for us, out of a store that it alone has credentials for.
 *
 * @returns undefined for models that are not registered, which the server does not stream.
 */
export function streamedArtifacts(server: MlflowServer, pinned: PinnedModel): Artifacts | undefined {
  const { version } = pinned;
  const listing = listingOf(server, pinned);
  if (!version || !listing) return undefined;
  const { name, version: number } = version;
  return {
    async *list(directory, options) {
      const path = below(listing.root, directory);
      const ask = (token: string | undefined) => listing.ask({ ...options, path, token });
      for await (const { path: found, is_dir: isDirectory, file_size: size } of pagesOf(server, ask)) {
        // Whole paths here, from where the list begins.
        const prefix = path === "" ? "" : `${path}/`;
        yield { name: found.startsWith(prefix) ? found.slice(prefix.length) : found, isDirectory, size };
      }
    },
    async open(path, { signal }) {
      const query = { name, version: number, path };
      const content = await server.atRoot((root) =>
        server.http.content({ url: `${root}/model-versions/get-artifact`, query, signal }),
      );
      if (content) return content;
      throw server.http.invalid(`it does not give ${JSON.stringify(path)}`);
    },
  };
}

interface Question {
  readonly path: string;
  readonly token: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** A logged model's own list, or that of the run's artifacts, below which the model was. */
function listingOf(server: MlflowServer, { artifactUri, logged, run }: PinnedModel) {
  if (logged) {
    const call = `logged-models/${encodeURIComponent(logged.info.model_id)}/artifacts/directories`;
    const ask = ({ path, token, ...options }: Question) => {
      const query = { artifact_directory_path: path || undefined, page_token: token };
      return server.ask(call, query, ArtifactsAnswer, options);
    };
    return { root: "", ask };
  }
  const above = run?.info.artifact_uri?.replace(/\/+$/, "");
  if (!run || above === undefined || !artifactUri.startsWith(`${above}/`)) return undefined;
  const ask = ({ path, token, ...options }: Question) => {
    const query = { run_id: run.info.run_id, path, page_token: token };
    return server.ask("artifacts/list", query, ArtifactsAnswer, options);
  };
  return { root: artifactUri.slice(above.length + 1).replace(/\/+$/, ""), ask };
}
