import { type Digest, digestHex, digestOf } from "../../base/digest.ts";
import { type PredicateKind, predicateTypes } from "../../evidence/predicate-types.ts";
import { metricName } from "../../evidence/predicates/eval.ts";
import { signPredicateType } from "../../trust/sign.ts";
import type { MemberStatement } from "../decision/situation.ts";
import type { Policy } from "../policy/policy.ts";
import { tableProblem } from "./problem.ts";
import type { Given } from "./schema.ts";

/** What a predicate is about. */
export interface About {
  readonly policy: Policy;
  readonly now: string;
  readonly weights: Digest;
}

const hex = (label: string): string => digestHex(digestOf(label));
const file = (name: string) => ({ name, mediaType: "application/octet-stream", digest: { sha256: hex(name) } });
const dayMs = 86_400_000;

/** The predicate type that a kind of a table stands for. */
export function typeOfKind(kind: string): string {
  if (kind === "signature") return signPredicateType;
  if (kind === "canary" || kind === "shadow") return predicateTypes.eval;
  return Object.hasOwn(predicateTypes, kind) ? predicateTypes[kind as PredicateKind] : kind;
}

/** Makes the statement that a line of a table stands for, as if it had been verified. */
export function statementOf(given: Given, about: About): MemberStatement {
  const member = about.policy.members.get(given.by);
  if (!member)
    throw tableProblem(`${given.by} is nobody in the policy, expected ${[...about.policy.members.keys()].join(", ")}`);
  const at = given.at ?? new Date(Date.parse(about.now) - dayMs).toISOString();
  const predicate = named(merge(usual(given, at, about), given.with)) as Record<string, unknown>;
  return {
    digest: digestOf(JSON.stringify([given.kind, given.by, given.id ?? null, predicate])),
    member,
    predicateType: typeOfKind(given.kind),
    predicate:
      given.kind === "eval" || given.kind === "canary" || given.kind === "shadow" ? withClaims(predicate) : predicate,
    attachedAt: at,
  };
}

/** A predicate of a kind that passes what policies usually ask. */
function usual({ kind, id }: Given, at: string, { weights, now }: About): Record<string, unknown> {
  switch (kind) {
    case "card":
      return {
        format: "hf-readme",
        card: file("README.md"),
        fields: { intendedUse: "ranking", limitations: "English", riskClass: "limited", license: "apache-2.0" },
        completeness: { missing: [] },
      };
    case "lineage":
      return lineage(at);
    case "eval":
    case "canary":
    case "shadow":
      return evaluation(kind === "eval" ? "offline" : kind, at);
    case "scan":
      return {
        result: "PASSED",
        configuration: [{ name: "mreg-format-scan" }],
        scannedFiles: [{ path: "model.safetensors", digest: { sha256: digestHex(weights) } }],
        scannedAt: at,
      };
    case "document":
      return { role: id ?? "runbook", document: file(`${id ?? "runbook"}.md`) };
    case "consumers":
      return { observedAt: at, consumers: [] };
    case "monitoring":
      return { observedAt: at, producer: { name: "monitor" }, metrics: [watchedMetric], status: "ok", evidence: [] };
    case "eval-plan":
      return { plannedAt: at, suites: [plannedSuite], evidence: [] };
    case "exception":
      return {
        ticket: "TICKET-1",
        reason: "known",
        grantedAt: at,
        until: new Date(Date.parse(now) + dayMs).toISOString(),
      };
    default:
      return {};
  }
}

const watchedMetric = {
  ...{ name: "psi", value: "0.1", category: "drift" },
  limit: { comparator: "<=", threshold: "0.2", severity: "breach", breached: false },
};

const accuracy = { task: "loans", metric: "accuracy", higherIsBetter: true };
const plannedSuite = { name: "core", version: "2026Q4", metrics: [accuracy] };

function evaluation(environment: string, at: string): Record<string, unknown> {
  return {
    ...{ evaluatedAt: at, environment, origin: "executed", suite: { name: "core", version: "2026Q4" } },
    results: [{ ...accuracy, value: "0.91", n: 1_000 }],
    claims: [{ metric: "loans.accuracy", comparator: ">=", threshold: "0.80", passed: true }],
    partial: false,
    dataset: { uri: "hf://loans-test", digest: { sha256: hex("test data") }, annotations: { holdout: true } },
    harness: { name: "loan-eval", version: "2.3.0" },
    evidence: [],
  };
}

function lineage(at: string): Record<string, unknown> {
  const annotations = { license: "cc-by-4.0", containsPII: false };
  return {
    buildDefinition: {
      buildType: "https://mreg.dev/training/v1",
      externalParameters: {},
      resolvedDependencies: [
        { name: "code", uri: "git+https://git.example.com/risk", digest: { gitCommit: "8d".repeat(20) } },
        { name: "dataset:loans", digest: { sha256: hex("training data") }, annotations },
      ],
    },
    runDetails: { builder: { id: "https://train.example.com" }, metadata: { invocationId: "run-1", finishedOn: at } },
  };
}

/** Whether a claim was met follows from the results; a table that changes a value need not change it, too. */
function withClaims(predicate: Record<string, unknown>): Record<string, unknown> {
  const { claims, results } = predicate as {
    claims?: { metric: string; comparator: string; threshold: string }[];
    results?: Parameters<typeof metricName>[0] & { value?: string; slice?: string }[];
  };
  if (!Array.isArray(claims) || !Array.isArray(results)) return predicate;
  const judged = claims.flatMap((claim) => {
    const result = results.find(
      (one: { slice?: string }) => one.slice === undefined && metricName(one as never) === claim.metric,
    );
    if (!result) return [];
    const order = Number(result.value) - Number(claim.threshold);
    return [{ ...claim, passed: claim.comparator === ">=" ? order >= 0 : order <= 0 }];
  });
  return { ...predicate, claims: judged };
}

function merge(usualValue: unknown, given: unknown): unknown {
  if (!isMap(usualValue) || !isMap(given)) return given;
  const merged: Record<string, unknown> = { ...usualValue };
  for (const [key, value] of Object.entries(given)) {
    // `null` takes a field away.
    if (value === null) delete merged[key];
    else merged[key] = Object.hasOwn(merged, key) ? merge(merged[key], value) : value;
  }
  return merged;
}

/** `{version 1}` stands for the digest of version 1, which nobody knows by heart. */
function named(value: unknown): unknown {
  if (typeof value === "string") {
    const version = /^\{version (\d{1,6})\}$/.exec(value)?.[1];
    return version === undefined ? value : subjectOf(Number(version));
  }
  if (Array.isArray(value)) return value.map(named);
  return isMap(value) ? Object.fromEntries(Object.entries(value).map(([key, one]) => [key, named(one)])) : value;
}

/** The manifest of a version, which a table never shows. */
export function subjectOf(version: number): Digest {
  return digestOf(`model manifest of version ${version}`);
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
