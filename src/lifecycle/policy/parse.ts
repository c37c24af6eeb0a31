import type { z } from "zod";
import { digestOf } from "../../base/digest.ts";
import { isMregError } from "../../base/errors.ts";
import { describeCertificateIdentity } from "../../trust/certificate-identity.ts";
import type { Fingerprint, Identity, PublicKey } from "../../trust/identity.ts";
import { parsePublicKey } from "../../trust/key.ts";
import type { TrustRoot } from "../../trust/trust-root.ts";
import { LifecycleError } from "../errors.ts";
import { findWeakenings, type Weakening } from "./invariant.ts";
import type { BorrowedRole, Member, Policy } from "./policy.ts";
import type { PolicyProblem } from "./problem.ts";
import { findBrokenReferences } from "./references.ts";
import { type Delegation, PolicyFile } from "./schema.ts";
import { readYaml } from "./yaml.ts";

/**
 * Reads a policy file, and refuses it unless every word of it is understood.
 *
 * @param yaml - the file's text; its SHA-256 is the policy's name in records and approvals.
 * @param trustRoot - what the certificates of members without a key are verified against; without it, they are not
 * believed.
 * @throws {@link LifecycleError} `POLICY_INVALID`, listing every problem with its path and what is allowed there.
 */
export function parsePolicy(yaml: string, { trustRoot }: { readonly trustRoot?: TrustRoot | undefined } = {}): Policy {
  const parsed = PolicyFile.safeParse(readYaml(yaml));
  if (!parsed.success)
    throw invalid(
      parsed.error.issues.flatMap((issue) => describeIssue(issue, [])),
      parsed.error,
    );
  const file = parsed.data;
  const broken = findBrokenReferences(file);
  if (broken.length > 0) throw invalid(broken);
  const members = readMembers(file);
  const weakenings = findWeakenings(file);
  checkAdmission(file, weakenings);
  return {
    name: file.metadata.name,
    version: file.metadata.version,
    digest: digestOf(yaml),
    members,
    roles: new Map(Object.entries(file.roles)),
    states: new Map(Object.entries(file.states)),
    initialState: onlyState(file, ({ initial }) => initial),
    liveState: onlyState(file, ({ serve }) => serve === "live"),
    evidence: new Map(Object.entries(file.evidence)),
    transitions: file.transitions,
    ...(file.naming ? { naming: file.naming } : {}),
    ...(file.enforcement ? { enforcement: file.enforcement } : {}),
    ...(file.exceptions ? { exceptions: file.exceptions } : {}),
    weakened: weakenings.map(({ text }) => text),
    ...(trustRoot ? { trustRoot } : {}),
  };
}

/** The invariant may be dropped only by naming exactly what is dropped (lifecycle.md, "States and gates"). */
function checkAdmission(file: PolicyFile, weakenings: readonly Weakening[]): void {
  const dropped = new Set(weakenings.map(({ demand }) => demand));
  const problems = weakenings
    .filter(({ demand }) => !file.weakens.includes(demand))
    .map(({ demand, text }) => ({
      path: "weakens",
      message: `${text}; a policy that means it says weakens: [${demand}]`,
    }));
  for (const demand of file.weakens) {
    if (!dropped.has(demand))
      problems.push({ path: "weakens", message: `names ${demand}, but nothing drops that demand` });
  }
  if (problems.length > 0) throw invalid(problems);
}

function readMembers(file: PolicyFile): ReadonlyMap<string, Member> {
  const members = new Map<string, Member>();
  const owners = new Map<Fingerprint, string>();
  for (const [name, { person = name, ...proof }] of Object.entries(file.identities)) {
    const path = `identities.${name}.${proof.publicKey === undefined ? "identity" : "publicKey"}`;
    const { identity, key } = readIdentity(proof, path);
    const owner = owners.get(identity.fingerprint);
    if (owner !== undefined) {
      const what = key ? "the key" : "the identity";
      throw invalid([{ path, message: `is ${what} of ${owner} too (${identity.fingerprint}), expected one name` }]);
    }
    owners.set(identity.fingerprint, name);
    const roles = Object.entries(file.roles).filter(([, names]) => names.includes(name));
    const borrowed = file.delegations.filter(({ to }) => to === name);
    members.set(name, {
      ...{ name, person, identity, ...(key ? { key } : {}), roles: roles.map(([role]) => role) },
      ...(borrowed.length > 0 ? { borrowed: borrowed.map(readDelegation) } : {}),
    });
  }
  return members;
}

function readDelegation({ from, role, since, until }: Delegation): BorrowedRole {
  return { from, role, until, ...(since === undefined ? {} : { since }) };
}

/** `findBrokenReferences` has seen to it that there is a key, or both an issuer and an identity. */
function readIdentity(
  { publicKey, issuer = "", identity: subject = "" }: PolicyFile["identities"][string],
  path: string,
): { readonly identity: Identity; readonly key?: PublicKey } {
  if (publicKey === undefined) return { identity: describeCertificateIdentity(issuer, subject) };
  const key = readKey(publicKey, path);
  return { identity: key.identity, key };
}

function readKey(pem: string, path: string) {
  try {
    return parsePublicKey(pem);
  } catch (error) {
    if (isMregError(error)) throw invalid([{ path, message: error.message }], error);
    throw error;
  }
}

function onlyState(file: PolicyFile, matches: (rule: PolicyFile["states"][string]) => boolean): string {
  const found = Object.entries(file.states).find(([, rule]) => matches(rule));
  // `findBrokenReferences` has counted them already.
  if (!found) throw invalid([{ path: "states", message: "no such state" }]);
  return found[0];
}

/** One line per problem; in a union, the problems of the branch that was meant. */
function describeIssue(issue: z.core.$ZodIssue, parent: readonly PropertyKey[]): PolicyProblem[] {
  const path = [...parent, ...issue.path];
  if (issue.code === "invalid_union" && issue.errors.length > 0) {
    const [withPredicate = [], documents = []] = issue.errors;
    const meant = documents.some(isUnknownPredicate) ? withPredicate : documents;
    return meant.flatMap((inner) => describeIssue(inner, path));
  }
  if (issue.code === "invalid_key") {
    return issue.issues.map(({ message }) => ({ path: path.map(String).join("."), message: `as a name: ${message}` }));
  }
  return [{ path: path.map(String).join(".") || "(top)", message: issue.message }];
}

/** The only union is that of evidence rules: those with a `predicate`, and documents, to which that key is unknown. */
function isUnknownPredicate(issue: z.core.$ZodIssue): boolean {
  return issue.code === "unrecognized_keys" && issue.keys.includes("predicate");
}

function invalid(problems: readonly PolicyProblem[], cause?: unknown): LifecycleError {
  const lines = problems.map(({ path, message }) => `${path}: ${message}`);
  return new LifecycleError("POLICY_INVALID", `policy is not valid: ${lines.join("; ")}`, { cause });
}
