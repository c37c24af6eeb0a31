import type { Finding, ProbeName } from "../../oci/probe.ts";

interface Meaning {
  /** The question, in two or three words. */
  readonly title: string;
  readonly yes: string;
  readonly no: string;
}

/** What follows for mreg from each answer; one sentence each. */
export const meanings: Readonly<Record<ProbeName, Meaning>> = {
  push: {
    title: "push and pull",
    yes: "models can be pushed and pulled",
    no: "nothing can be kept here",
  },
  tags: {
    title: "tags",
    yes: "versions and states can be named and listed",
    no: "mreg cannot name versions here",
  },
  writeOnce: {
    title: "tags written once",
    yes: "a version that exists is not taken a second time",
    no: "two writers could take one number: promote from one place only",
  },
  immutableTags: {
    title: "immutable tags",
    yes: "the registry itself keeps versions and records from being overwritten",
    no: "whoever may push may move tags: mreg status shows it, and a rule for immutable tags on v* and mreg-log-* prevents it",
  },
  referrers: {
    title: "attachments",
    yes: "signatures, evidence and records are found again",
    no: "evidence cannot be found here, so that nothing can be promoted",
  },
  mount: {
    title: "mount",
    yes: "mreg cp between repositories of this registry moves no weights",
    no: "mreg cp between repositories of this registry sends the weights again",
  },
  sha512: {
    title: "sha512",
    yes: "content with sha512 digests can be copied here",
    no: "content with sha512 digests cannot be copied here; mreg itself writes sha256",
  },
  catalog: {
    title: "catalog",
    yes: "mreg list and mreg status find all models by themselves",
    no: "mreg list and mreg status need the name of a model",
  },
  untag: {
    title: "deletion of tags",
    yes: "a tag can be removed without its manifest",
    no: "a forged tag stays until an administrator removes it",
  },
  delete: {
    title: "deletion",
    yes: "manifests can be removed, also records by whoever may delete: keep that right from those who push",
    no: "what is pushed stays; that keeps the history safe, and clearing up is the administrator's",
  },
  auth: {
    title: "authentication",
    yes: "give credentials with mreg login, or -u and --password-stdin",
    no: "anybody who reaches this registry may read it, and perhaps write",
  },
  clock: {
    title: "clock",
    yes: "times here and there agree",
    no: "the clocks disagree: records are refused as from the future when this machine is the one that is wrong",
  },
  referrersApi: {
    title: "referrers API",
    yes: "attachments are listed by the registry itself, without a tag that clients must merge",
    no: "the list is kept under a tag and merged by mreg: other tools that write at the same time may lose entries",
  },
  subjectHeader: {
    title: "OCI-Subject",
    yes: "the registry confirms each attachment",
    no: "mreg looks whether the list has each attachment, and keeps one under a tag as well where it has not",
  },
  ranges: {
    title: "ranges",
    yes: "downloads resume where they broke off, and mreg inspect reads headers only",
    no: "a download that breaks off starts over, and mreg inspect reads whole files",
  },
  chunks: {
    title: "upload in pieces",
    yes: "large weights pass proxies with a body limit, and uploads can resume",
    no: "each file must fit into one request",
  },
  conditionalWrites: {
    title: "conditional writes",
    yes: "the registry decides races between writers",
    no: "races between writers are settled by reading back, as on nearly every registry",
  },
};

/** The sentence for an answer. */
export function meaningOf({ probe, answer }: Finding): string {
  return answer === "unknown" ? "not found out: run mreg doctor again" : meanings[probe][answer];
}

/** What the whole job takes; all else makes it faster, safer or more comfortable. */
const needed: readonly ProbeName[] = ["push", "tags", "writeOnce", "referrers"];

/** Whether push, attach, promote and verify all work. */
export function worksWhole(findings: readonly Finding[]): boolean {
  return needed.every((probe) => findings.some((finding) => finding.probe === probe && finding.answer === "yes"));
}
