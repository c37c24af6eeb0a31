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
  /** A tag that exists cannot be moved, and with `evenSame` not even be written again. Harbor 412, Quay 409. */
  readonly immutableTags?: { readonly status: number; readonly evenSame?: boolean };
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
  /** The list gives the type of the config for the artifact type and filters by it, as drafts had it, from zot 1.4. */
  readonly draftReferrers?: boolean;
  /** OCI-Subject is sent, but there is no referrers API, as from ECR before 2024. */
  readonly falseSubjectHeader?: boolean;
  /** A mount is answered with an upload (202), whether the blob is there or not. */
  readonly noMount?: boolean;
  /** Keeps any blob that arrives completely under any digest, as crane's registry does with manifests. */
  readonly noDigestCheck?: boolean;
  /** An upload's request with a longer body is answered early with 413 and an HTML page, as behind a proxy. */
  readonly bodyLimitBytes?: number;
  readonly uploads?: UploadQuirks;
  readonly lists?: ListQuirks;
  /** `PUT /manifests/<digest>?tag=` writes tags and says so in OCI-Tag, as the specification's main branch has it. */
  readonly tagParameter?: boolean;
  /** A manifest whose subject is not there is 405, as from ECR. */
  readonly subjectMustExist?: boolean;
  /** A manifest goes with everything that refers to it, and with a tag in Harbor's own API. */
  readonly harbor?: boolean;
  /** A tag `sha256-<hex>` is taken for that digest, as by GitLab. */
  readonly digestTags?: boolean;
  /** GET of a blob is 307 to another origin, which refuses Authorization as S3 does. */
  readonly blobRedirect?: boolean;
  readonly auth?: AuthOptions;
  /** Errors to make, in order; more can be added while it runs. */
  readonly faults?: readonly Fault[];
}

/** Ways of uploads that real registries have. */
export interface UploadQuirks {
  /** Locations are outside of /v2, as from GAR. */
  readonly offV2?: boolean;
  /** Range of an upload starts with `bytes=`, and is `bytes=0--1` when there is nothing, as from Quay. */
  readonly rangePrefix?: boolean;
  /** PATCH is 405. */
  readonly noPatch?: boolean;
  /** A longer PATCH is 416, as from GHCR. */
  readonly patchLimitBytes?: number;
  /** Every PATCH is 201, and from the second on its body is dropped and Range stands still, as from ECR. */
  readonly losesLaterPatches?: boolean;
  /** Only the last PATCH is kept, and the PUT succeeds whatever the digest, as from Artifactory. */
  readonly keepsLastPatch?: boolean;
  /** Sent with the POST, and enforced: OCI-Chunk-Min-Length and OCI-Chunk-Max-Length. */
  readonly chunkMinBytes?: number;
  readonly chunkMaxBytes?: number;
  /**
   * What becomes of a body that breaks off: it is forgotten (default), kept as by distribution 3, or the end of the
   * session.
   */
  readonly cut?: "forget" | "keep" | "destroy";
  /** A request with an older `_state` than the latest is 404 and the end of the session, as from distribution 2.8. */
  readonly staleIsFatal?: boolean;
  /** Takes a PATCH wherever it says it starts, as distribution 2.8 does. */
  readonly takesAnyRange?: boolean;
  /** GET of an upload is 400, as from crane's registry. */
  readonly noStatus?: boolean;
}

/** Ways of lists that real registries have. */
export interface ListQuirks {
  /** Tags in no order, `n` and `last` ignored, as from distribution 2.8. */
  readonly unordered?: boolean;
  /** A larger `n` is 400, as from ECR. */
  readonly largestN?: number;
  /** The next page is named by an opaque cursor, as from Cloudflare. */
  readonly cursor?: boolean;
  /** Referrers of a subject that is not there are 400 MANIFEST_INVALID, as from Quay. */
  readonly unknownSubject?: "error";
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
