import type { z } from "zod";
import type { CallOptions } from "../../../oci/content.ts";
import { SourceError } from "../errors.ts";
import { HttpSource, type HttpSourceOptions, type HttpSourceRequest } from "../http-source.ts";

export type MlflowServerOptions = Omit<HttpSourceOptions, "name">;

type Query = Readonly<Record<string, string | undefined>>;

/** One MLflow tracking server and its registry, by their REST API. */
export class MlflowServer {
  readonly http: HttpSource;
  /** Servers under a static prefix kept the API at their root before 3.12.0: the one that answers is kept. */
  #root: string | undefined;
  readonly #roots: readonly string[];

  constructor(options: MlflowServerOptions) {
    this.http = new HttpSource({ ...options, name: "MLflow server" });
    const { pathname, origin } = new URL(options.address);
    this.#roots = pathname === "/" ? [""] : ["", origin];
  }

  /** Asks the API: `call` is such as `runs/get`. @returns undefined for a status counted as absent. */
  async ask<Schema extends z.ZodType>(
    call: string,
    query: Query,
    schema: Schema,
    options: CallOptions & Pick<HttpSourceRequest, "absent"> = {},
  ): Promise<z.output<Schema> | undefined> {
    const path = `/api/2.0/mlflow/${call}`;
    return this.atRoot((root) => this.http.json({ url: `${root}${path}`, query, ...options }, schema));
  }

  /** Like {@link ask}, for what must be there. */
  async get<Schema extends z.ZodType>(
    call: string,
    query: Query,
    schema: Schema,
    options: CallOptions = {},
  ): Promise<z.output<Schema>> {
    return (await this.ask(call, query, schema, options)) as z.output<Schema>;
  }

  async post<Schema extends z.ZodType>(
    call: string,
    json: unknown,
    schema: Schema,
    options: CallOptions = {},
  ): Promise<void> {
    const path = `/api/2.0/mlflow/${call}`;
    await this.atRoot((root) => this.http.json({ url: `${root}${path}`, method: "POST", json, ...options }, schema));
  }

  /** Asks the artifact proxy; `path` is below `/api/2.0/mlflow-artifacts/`. */
  artifacts<T>(path: string, request: (url: string) => Promise<T>): Promise<T> {
    return this.atRoot((root) => request(`${root}/api/2.0/mlflow-artifacts/${path}`));
  }

  /** Asks where the API is, and finds that out; an answer that is counted as absent says nothing of it. */
  async atRoot<T>(ask: (root: string) => Promise<T>): Promise<T> {
    if (this.#root !== undefined) return ask(this.#root);
    const refusals: SourceError[] = [];
    let absent: T | undefined;
    for (const root of this.#roots) {
      try {
        const answer = await ask(root);
        if (answer === undefined) absent = answer;
        else {
          this.#root = root;
          return answer;
        }
      } catch (error) {
        if (!(error instanceof SourceError) || error.code !== "SOURCE_NOT_FOUND") throw error;
        refusals.push(error);
      }
    }
    if (refusals[0]) throw refusals[0];
    return absent as T;
  }
}
