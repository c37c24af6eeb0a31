import type { Fault } from "./faults.ts";

/** How the registry behaves, as data. Without any of it: a full OCI 1.1 registry that asks nobody who they are. */
export interface RegistryOptions {
  /** Default: any free port of 127.0.0.1. */
  readonly port?: number;
  /** `tag`: no referrers API; 404 in plain text and no OCI-Subject, as from distribution. Default `api`. */
  readonly referrers?: "api" | "tag";
  /** Every DELETE is 405. */
  readonly noDelete?: boolean;
  /** DELETE of a tag is 400, as from distribution 2.8. */
  readonly noTagDelete?: boolean;
  /** Most entries per page of any list, whatever `n` asks for. */
  readonly pageSize?: number;
  /** `_catalog` is 404. */
  readonly noCatalog?: boolean;
  /** A PUT with a body is 413 unless a PATCH came before, as behind a proxy with a small body limit. */
  readonly chunkOnly?: boolean;
  /** A tag that exists cannot be moved: 412, as from Harbor. */
  readonly immutableTags?: boolean;
  /** Answers without Docker-Content-Digest. */
  readonly noDigestHeader?: boolean;
  /** HEAD of a manifest is 405. */
  readonly noManifestHead?: boolean;
  /** Range of a blob is ignored: 200 and everything, as from Gitea. */
  readonly noRange?: boolean;
  /** The filter of the referrers API is ignored. */
  readonly noReferrersFilter?: boolean;
  /** The referrers API works, but a PUT is not answered with OCI-Subject, as from Harbor before 2.9. */
  readonly noSubjectHeader?: boolean;
  /** OCI-Subject is sent, but there is no referrers API, as from ECR before 2024. */
  readonly falseSubjectHeader?: boolean;
  /** A mount is answered with an upload (202), whether the blob is there or not. */
  readonly noMount?: boolean;
  /** Keeps any blob that arrives completely under any digest, as crane's registry does with manifests. */
  readonly noDigestCheck?: boolean;
  readonly auth?: AuthOptions;
  /** Errors to make, in order; more can be added while it runs. */
  readonly faults?: readonly Fault[];
}

export type AuthOptions =
  | { readonly kind: "none" }
  | { readonly kind: "basic"; readonly username: string; readonly password: string }
  | {
      readonly kind: "bearer";
      readonly username: string;
      readonly password: string;
      /** Taken by the OAuth2 form of the token endpoint. */
      readonly refreshToken?: string;
      /** Anybody may pull. */
      readonly anonymousPull?: boolean;
      /** `expires_in` of tokens; also when they really end. Default 300. */
      readonly tokenSeconds?: number;
      /** Sent instead of the registry's own token endpoint. */
      readonly realm?: string;
    };
