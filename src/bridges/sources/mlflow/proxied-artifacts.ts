import { ArtifactsAnswer, PresignedAnswer } from "./answers.ts";
import { type Artifacts, below, pagesOf } from "./listing.ts";
import type { MlflowServer } from "./server.ts";
import type { PinnedModel } from "./version.ts";

/** Statuses of servers, and of stores behind them, that sign no addresses. */
const withoutPresigned = [400, 403, 404, 405, 500, 501];

/** Files behind the server's artifact proxy, or at addresses that its store signs. @returns undefined for others. */
export function proxiedArtifacts(server: MlflowServer, pinned: PinnedModel): Artifacts | undefined {
  const root = proxyPath(server, pinned);
  if (root === undefined) return undefined;
  // Servers that sign no addresses are asked once.
  let isSigning = true;
  return {
    async *list(directory, options) {
      const path = below(root, directory);
      const ask = (token: string | undefined) =>
        server.artifacts("artifacts", (url) =>
          server.http.json({ url, query: { path, page_token: token }, ...options }, ArtifactsAnswer),
        );
      // The proxy answers with base names, as its handler says.
      for await (const { path: name, is_dir: isDirectory, file_size: size } of pagesOf(server, ask)) {
        yield { name, isDirectory, size };
      }
    },
    async open(path, { signal }) {
      const encoded = below(root, path).split("/").map(encodeURIComponent).join("/");
      const signed = isSigning
        ? await server.artifacts(`presigned/${encoded}`, (url) =>
            server.http.json({ url, signal, absent: withoutPresigned }, PresignedAnswer),
          )
        : undefined;
      isSigning = signed !== undefined;
      const content = signed
        ? await server.http.content({ url: signed.url, headers: signed.headers, signal })
        : await server.artifacts(`artifacts/${encoded}`, (url) => server.http.content({ url, signal }));
      if (content) return content;
      throw server.http.invalid(`it does not give ${JSON.stringify(path)}`);
    },
  };
}

/** The path below the server's artifact root. */
function proxyPath(server: MlflowServer, { artifactUri }: PinnedModel): string | undefined {
  // Not by the URL parser, which would take `..` out of the path before anybody has seen it.
  const [, host, rest] = /^mlflow-artifacts:(?:\/\/([^/]*))?\/+(.*)$/.exec(artifactUri) ?? [];
  if (rest === undefined || (host && host !== new URL(server.http.origin).host)) return undefined;
  const path = rest.replace(/\/+$/, "");
  const isPlain = path.split("/").every((part) => !["", ".", ".."].includes(part) && !part.includes("%"));
  if (isPlain) return path;
  throw server.http.invalid(`its artifacts are at ${JSON.stringify(artifactUri.slice(0, 300))}`);
}
