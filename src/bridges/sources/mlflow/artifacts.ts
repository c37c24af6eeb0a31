import type { ByteStream } from "../../../base/bytes.ts";
import { modelFileLimit, pageLimit } from "../../../base/limits.ts";
import type { CallOptions } from "../../../oci/content.ts";
import { SourceError } from "../errors.ts";
import type { SourceFile } from "../source-model.ts";
import { ArtifactsAnswer, PresignedAnswer } from "./answers.ts";
import type { MlflowServer } from "./server.ts";
import type { PinnedModel } from "./version.ts";

/** Directories in one another. */
const depthLimit = 16;

/** MLflow writes it beside the files when it downloads them; it is not part of what was logged. */
const clientFile = "registered_model_meta";

/** Statuses of servers, and of stores behind them, that sign no addresses. */
const withoutPresigned = [400, 403, 404, 405, 500, 501];

/**
 * The files of a model, each with a way to read it: an address that the store has signed, the server's proxy, or what
 * the server streams of a registered version.
 *
 * @throws {@link SourceError} `SOURCE_UNSUPPORTED` for files that the server does not hand out.
 */
export async function listArtifacts(
  server: MlflowServer,
  pinned: PinnedModel,
  options: CallOptions = {},
): Promise<readonly SourceFile[]> {
  const root = proxyPath(server, pinned);
  const files: SourceFile[] = [];
  await walk({ server, root, files, options, presigning: { isOffered: true } }, "", 0);
  return files;
}

/** The path below the server's artifact root. */
function proxyPath(server: MlflowServer, { artifactUri, location }: PinnedModel): string {
  // Not by the URL parser, which would take `..` out of the path before anybody has seen it.
  const [, host, rest] = /^mlflow-artifacts:(?:\/\/([^/]*))?\/+(.*)$/.exec(artifactUri) ?? [];
  if (rest !== undefined && (!host || host === new URL(server.http.origin).host)) {
    const path = rest.replace(/\/+$/, "");
    const isPlain = path
      .split("/")
      .every((part) => part !== "" && part !== "." && part !== ".." && !part.includes("%"));
    if (isPlain) return path;
    throw server.http.invalid(`its artifacts are at ${JSON.stringify(artifactUri.slice(0, 300))}`);
  }
  const scheme = /^[a-z][a-z0-9+.-]{0,30}(?=:)/i.exec(artifactUri)?.[0] ?? "a path of its own";
  const advice = `download it where the store can be reached (mlflow artifacts download -u ${location} -d model), then run mreg push`;
  throw new SourceError(
    "SOURCE_UNSUPPORTED",
    `the server keeps ${location} at ${scheme}, not behind its artifact proxy; ${advice}`,
  );
}

interface Walk {
  readonly server: MlflowServer;
  readonly root: string;
  readonly files: SourceFile[];
  readonly options: CallOptions;
  /** Whether the server signs addresses, as far as is known: those that do not are asked once. */
  readonly presigning: { isOffered: boolean };
}

async function walk(given: Walk, directory: string, depth: number): Promise<void> {
  const { server, root, files, options, presigning } = given;
  if (depth > depthLimit) throw server.http.invalid(`directories are nested deeper than ${depthLimit}`);
  for await (const { path, is_dir: isDirectory, file_size: size } of entries(server, below(root, directory), options)) {
    // The proxy answers with base names, as its handler says; a path would be a way out.
    if (path === "" || /[/\\\0]/.test(path) || path === "." || path === "..") {
      throw server.http.invalid(`it lists ${JSON.stringify(path.slice(0, 300))}, expected a plain name`);
    }
    const full = below(directory, path);
    if (isDirectory) await walk(given, full, depth + 1);
    else if (full !== clientFile) {
      const open = (call?: CallOptions) => openArtifact(server, below(root, full), { size, presigning, ...call });
      files.push({ path: full, size, open });
    }
    if (files.length > modelFileLimit) throw server.http.invalid(`it lists more than ${modelFileLimit} files`);
  }
}

async function* entries(server: MlflowServer, path: string, options: CallOptions) {
  const seen = new Set<string>();
  for (let token: string | undefined; ; ) {
    const query = { path, page_token: token };
    const page = await server.artifacts("artifacts", (url) =>
      server.http.json({ url, query, ...options }, ArtifactsAnswer),
    );
    yield* page?.files ?? [];
    token = page?.next_page_token || undefined;
    if (token === undefined) return;
    if (seen.has(token) || seen.size >= pageLimit) throw server.http.invalid("its list of files does not end");
    seen.add(token);
  }
}

async function openArtifact(
  server: MlflowServer,
  path: string,
  { size, presigning, signal }: CallOptions & Pick<Walk, "presigning"> & { readonly size: number | undefined },
): Promise<ByteStream> {
  const encoded = path.split("/").map(encodeURIComponent).join("/");
  const presigned = presigning.isOffered
    ? await server.artifacts(`presigned/${encoded}`, (url) =>
        server.http.json({ url, signal, absent: withoutPresigned }, PresignedAnswer),
      )
    : undefined;
  if (!presigned) presigning.isOffered = false;
  const content = presigned
    ? await server.http.content({ url: presigned.url, headers: presigned.headers, signal })
    : await server.artifacts(`artifacts/${encoded}`, (url) => server.http.content({ url, signal }));
  if (!content) throw server.http.invalid(`it does not give ${JSON.stringify(path)}`);
  if (size !== undefined && content.size !== undefined && content.size !== size) {
    throw server.http.invalid(`${JSON.stringify(path)} was listed with ${size} bytes and comes with ${content.size}`);
  }
  return content.body;
}

function below(directory: string, name: string): string {
  return directory === "" ? name : name === "" ? directory : `${directory}/${name}`;
}
