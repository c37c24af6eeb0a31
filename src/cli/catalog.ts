import type { CommandModule } from "./context.ts";

/** A command as the top-level help lists it; its code is loaded only when it is called. */
export interface CatalogEntry {
  readonly name: string;
  readonly summary: string;
  readonly load: () => Promise<{ readonly command: CommandModule }>;
}

/** All commands, in the order a model meets them. */
export const catalog: readonly CatalogEntry[] = [
  { name: "init", summary: "write mreg.yaml and mreg.policy.yaml", load: () => import("./commands/init.ts") },
  {
    name: "push",
    summary: "pack files and directories, upload them as a new version",
    load: () => import("./commands/push.ts"),
  },
  { name: "pull", summary: "download a version, verified", load: () => import("./commands/pull.ts") },
  { name: "attach", summary: "attach evidence with a signed statement", load: () => import("./commands/attach.ts") },
  { name: "eval", summary: "evaluations in other formats", load: () => import("./commands/eval.ts") },
  { name: "card", summary: "write and check model cards", load: () => import("./commands/card.ts") },
  {
    name: "import",
    summary: "bring a model from MLflow, Hugging Face, KitOps, Docker, Ollama or ORAS",
    load: () => import("./commands/import.ts"),
  },
  { name: "sign", summary: "sign a version", load: () => import("./commands/sign.ts") },
  {
    name: "verify",
    summary: "verify signatures, or the whole lifecycle answer",
    load: () => import("./commands/verify.ts"),
  },
  {
    name: "check",
    summary: "evaluate the gates of a transition, write nothing",
    load: () => import("./commands/check.ts"),
  },
  {
    name: "policy",
    summary: "write, lint, test, explain and push a policy",
    load: () => import("./commands/policy.ts"),
  },
  { name: "approve", summary: "sign an approval of a transition", load: () => import("./commands/approve.ts") },
  { name: "promote", summary: "move a version to another state", load: () => import("./commands/promote.ts") },
  {
    name: "retire",
    summary: "announce a version's end, with successor and sunset",
    load: () => import("./commands/retire.ts"),
  },
  { name: "archive", summary: "end a retired version's service", load: () => import("./commands/archive.ts") },
  { name: "rollback", summary: "serve an earlier version again", load: () => import("./commands/rollback.ts") },
  { name: "revoke", summary: "take a version out of use for good", load: () => import("./commands/revoke.ts") },
  { name: "hold", summary: "set or lift a legal hold", load: () => import("./commands/hold.ts") },
  {
    name: "reconcile",
    summary: "write the tags that the chain says, show forks, sign a heartbeat",
    load: () => import("./commands/reconcile.ts"),
  },
  {
    name: "why",
    summary: "what serves, who approved it, on what evidence",
    load: () => import("./commands/why.ts"),
  },
  { name: "sunset", summary: "retired versions, and when they end", load: () => import("./commands/sunset.ts") },
  {
    name: "status",
    summary: "what is in which state, since when, by whom",
    load: () => import("./commands/status.ts"),
  },
  { name: "log", summary: "the chain of transitions", load: () => import("./commands/log.ts") },
  { name: "resolve", summary: "print the pinned reference", load: () => import("./commands/resolve.ts") },
  { name: "list", summary: "models, or the versions of one", load: () => import("./commands/list.ts") },
  { name: "inspect", summary: "files, weights and metadata of a version", load: () => import("./commands/inspect.ts") },
  { name: "diff", summary: "what changed between two versions", load: () => import("./commands/diff.ts") },
  {
    name: "lineage",
    summary: "where versions come from, and which ones a data set or base model affects",
    load: () => import("./commands/lineage.ts"),
  },
  {
    name: "sbom",
    summary: "a bill of materials, CycloneDX or SPDX",
    load: () => import("./commands/sbom.ts"),
  },
  { name: "graph", summary: "everything attached to a version", load: () => import("./commands/graph.ts") },
  {
    name: "cp",
    summary: "copy a version, or a model with its history, to another registry",
    load: () => import("./commands/cp.ts"),
  },
  { name: "doctor", summary: "what a registry can and cannot do", load: () => import("./commands/doctor.ts") },
  {
    name: "cache",
    summary: "list, prune and verify the files kept in MREG_CACHE_DIR",
    load: () => import("./commands/cache.ts"),
  },
  {
    name: "trust",
    summary: "the sigstore instance whose certificates and logs are believed",
    load: () => import("./commands/trust.ts"),
  },
  { name: "key", summary: "generate a signing key, show a public key", load: () => import("./commands/key.ts") },
  { name: "login", summary: "store credentials for a registry", load: () => import("./commands/login.ts") },
  { name: "logout", summary: "remove credentials of a registry", load: () => import("./commands/logout.ts") },
];
