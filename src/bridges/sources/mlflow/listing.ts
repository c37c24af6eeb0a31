import type { z } from "zod";
import type { ByteStream } from "../../../base/bytes.ts";
import { pageLimit } from "../../../base/limits.ts";
import type { CallOptions } from "../../../oci/content.ts";
import type { ArtifactsAnswer } from "./answers.ts";
import type { MlflowServer } from "./server.ts";

/** One way to the files of a model; paths are relative to the model. */
export interface Artifacts {
  /** @param directory - empty for the model itself. */
  list(directory: string, options: CallOptions): AsyncIterable<Artifact>;
  open(path: string, options: CallOptions): Promise<Opened>;
}

export interface Artifact {
  /** Without its directory; an attacker's. */
  readonly name: string;
  readonly isDirectory: boolean;
  /** Bytes. */
  readonly size?: number | undefined;
}

export interface Opened {
  readonly body: ByteStream;
  /** Bytes, where the answer says so. */
  readonly size?: number;
}

/** A path in a directory, either of which may be empty. */
export function below(directory: string, name: string): string {
  return [directory, name].filter((part) => part !== "").join("/");
}

type Page = z.output<typeof ArtifactsAnswer>;

/** Follows the pages of a list of files, as long as each is a new one. */
export async function* pagesOf(
  server: MlflowServer,
  ask: (token: string | undefined) => Promise<Page | undefined>,
): AsyncGenerator<Page["files"][number]> {
  const seen = new Set<string>();
  for (let token: string | undefined; ; ) {
    const page = await ask(token);
    yield* page?.files ?? [];
    token = page?.next_page_token || undefined;
    if (token === undefined) return;
    if (seen.has(token) || seen.size >= pageLimit) throw server.http.invalid("its list of files does not end");
    seen.add(token);
  }
}
