import type { RemoteOptions } from "../../../src/stores/remote/index.ts";
import type { AuthOptions, RegistryOptions } from "./options.ts";

/** A registry that cannot be run here, as far as its ways are known, in the words of the in-process registry. */
export interface RegistryMood {
  readonly name: string;
  readonly registry: RegistryOptions;
  readonly remote?: Pick<RemoteOptions, "supports">;
  /** Cases of the contract that the registry itself makes impossible, with the reason. */
  readonly gaps?: Readonly<Record<string, string>>;
  readonly catalog?: boolean;
}

/** Whom all of them know. */
export const moodUser = { username: "ann", password: "correct horse: ü" };

const bearer: AuthOptions = { kind: "bearer", ...moodUser };
const basic: AuthOptions = { kind: "basic", ...moodUser };
const deletesByApiOnly = { supports: { delete: false, untag: false } };

const accessoriesGoAlong = "Harbor deletes accessories with their subject (reference/oras.md §3.10)";
const subjectFirst = "ECR: 405 before the subject is there (containers-roadmap#2783)";
const noListOnGitLab = "GitLab reads the tag that would hold the list as the subject's digest (oras-go#1396)";
const immutable = "Harbor refuses this under an immutability rule (reference/registries.md §3)";

/**
 * One mood per registry of the compatibility matrix (reference/registries.md §3 and §4, the facts of 2026). Sizes are
 * scaled down so that blobs of some MiB meet the limits; where the reference does not record a status, ours is a guess
 * that says so.
 */
export const registryMoods: readonly RegistryMood[] = [
  {
    name: "Harbor 2.15",
    registry: {
      auth: bearer,
      // DELETE by tag is 400 UNSUPPORTED, its own API does it (§3); accessories go with their subject (oras.md §3.10).
      noTagDelete: true,
      harbor: true,
      // Its blob store is distribution v2.8.3-harbor.1: a stale _state and a cut are the end of a session (§3, §5).
      uploads: { staleIsFatal: true, cut: "destroy" },
      // Lists come with Link (§3).
      pageSize: 5,
    },
    gaps: { "delete: what a manifest names, and what refers to it, stays": accessoriesGoAlong },
  },
  {
    name: "Harbor 2.15, all tags immutable",
    registry: {
      auth: bearer,
      noTagDelete: true,
      harbor: true,
      // 412 PRECONDITION, checked before the digests are compared; deletion of tag and artifact is refused, too (§3).
      immutableTags: { status: 412, evenSame: true },
    },
    gaps: {
      "delete: what a manifest names, and what refers to it, stays": accessoriesGoAlong,
      "tag: moves when told so, and both manifests stay": immutable,
      "untag: removes the tag and nothing else, or says UNSUPPORTED": immutable,
      "delete: a manifest goes with all its tags, or the store says UNSUPPORTED": immutable,
    },
  },
  {
    name: "zot 1.4, tags immutable",
    registry: {
      // Seen with 1.4.3 (test/peers): the API of a draft, no OCI-Subject, `update` missing in accessControl.
      noSubjectHeader: true,
      draftReferrers: true,
      immutableTags: { status: 403 },
    },
    gaps: { "tag: moves when told so, and both manifests stay": "zot refuses this without the right to update" },
  },
  {
    name: "GHCR",
    registry: {
      auth: bearer,
      // No API, no OCI-Subject (actions/attest-build-provenance#71, community#208530).
      referrers: "tag",
      // A PATCH above 4.00 MiB is 416 (ocx#237, rust-oci-client#35); here above 32 KiB.
      uploads: { patchLimitBytes: 32 * 1024 },
      // Redirect to pkg-containers.
      blobRedirect: true,
      // Packages are deleted by GitHub's API only.
      noDelete: true,
    },
    remote: deletesByApiOnly,
  },
  {
    name: "Docker Hub",
    registry: {
      auth: bearer,
      // The referrers API is there since about autumn 2025 (awslabs/soci-snapshotter#1828).
      // Redirect to Cloudflare R2.
      blobRedirect: true,
      // Deletion by the Hub's API only.
      noDelete: true,
    },
    remote: deletesByApiOnly,
  },
  {
    name: "ECR",
    registry: {
      auth: basic,
      // containers-roadmap#2783, buildkit#5747.
      subjectMustExist: true,
      // The second PATCH is 201, its body dropped, Range stands still (containers-roadmap#2831, tart#273).
      uploads: { losesLaterPatches: true },
      // 307 to presigned S3.
      blobRedirect: true,
      // Off unless an account setting says otherwise (#2860).
      noMount: true,
      // BatchDeleteImage is an API of its own.
      noDelete: true,
      // n above 1000 is an error (ggcr#1091).
      lists: { largestN: 1_000 },
    },
    remote: { supports: { delete: false, untag: false, mount: false } },
    gaps: {
      "manifest: its subject may be missing": subjectFirst,
      "referrers: a subject that comes later finds them": subjectFirst,
    },
  },
  {
    name: "GAR",
    registry: {
      auth: basic,
      // No chunks at all (dotnet/sdk-container-builds#287, kitops#777; the status is our guess). Location off /v2
      // (oras#532).
      uploads: { noPatch: true, offV2: true },
      // Redirect to storage.googleapis.com.
      blobRedirect: true,
    },
  },
  {
    name: "ACR",
    registry: {
      auth: bearer,
      // 307 to blob storage. Content-Range must be a-b without "bytes" (§4), which the registry here always demands.
      blobRedirect: true,
    },
  },
  {
    name: "Quay 3.12",
    registry: {
      auth: bearer,
      // `bytes=0--1` and `bytes=0-N` (§4, read in source).
      uploads: { rangePrefix: true },
      // MANIFEST_INVALID, not an empty list (§4, read in source).
      lists: { unknownSubject: "error" },
      // The proxied stream ignores Range.
      noRange: true,
      // Tags and digests by Quay's API, blobs not at all.
      noDelete: true,
    },
    remote: deletesByApiOnly,
  },
  {
    name: "GitLab",
    registry: {
      auth: bearer,
      // container-registry#968, #1205.
      referrers: "tag",
      // The fallback tag is taken for a digest (oras-go#1396, oras#2148).
      digestTags: true,
      // A fork of distribution; redirect to object storage.
      uploads: { cut: "keep" },
      blobRedirect: true,
    },
    gaps: {
      "referrers: come with artifact type and annotations": noListOnGitLab,
      "referrers: can be asked for by artifact type": noListOnGitLab,
      "referrers: the same attachment twice is one referrer": noListOnGitLab,
      "referrers: many attached at once are all listed": noListOnGitLab,
      "referrers: a subject that comes later finds them": noListOnGitLab,
      "referrers: a referrer can have referrers": noListOnGitLab,
      "referrers: a referrer with a tag is still one": noListOnGitLab,
      "referrers: without artifactType the config's media type stands in": noListOnGitLab,
      "referrers: an index can refer": noListOnGitLab,
      "delete: what a manifest names, and what refers to it, stays": noListOnGitLab,
      "delete: a referrer leaves the list": noListOnGitLab,
    },
  },
  {
    name: "Artifactory",
    registry: {
      auth: basic,
      // Of ranged PATCHes only the last is stored, and success is returned (wasmCloud#3405).
      uploads: { keepsLastPatch: true },
    },
  },
  {
    name: "Cloudflare serverless-registry",
    registry: {
      auth: basic,
      // Workers take 100 MB per request and answer HTML (#67); here 1 MiB.
      bodyLimitBytes: 1024 * 1024,
      // Both headers; R2 takes parts of 5 MiB to 5 GiB; here 64 KiB to 512 KiB.
      uploads: { chunkMinBytes: 64 * 1024, chunkMaxBytes: 512 * 1024 },
      // An opaque cursor in Link, pages of 1,000; here of three.
      lists: { cursor: true },
      pageSize: 3,
    },
  },
];
