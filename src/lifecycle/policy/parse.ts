import { type Digest, digestOf } from "../../base/digest.ts";
import { isMregError } from "../../base/errors.ts";
import { describeCertificateIdentity } from "../../trust/certificate-identity.ts";
import type { Fingerprint, Identity, PublicKey } from "../../trust/identity.ts";
import { parsePublicKey } from "../../trust/key.ts";
import type { TrustRoot } from "../../trust/trust-root.ts";
import { LifecycleError } from "../errors.ts";
import { findWeakenings } from "./invariant.ts";
import type { BorrowedRole, Member, Policy } from "./policy.ts";
import type { PolicyProblem } from "./problem.ts";
import { readPolicyFile } from "./read-file.ts";
import type { Delegation, PolicyFile } from "./schema.ts";

/**
 * Reads a policy file, and refuses it unless every word of it is understood.
 *
 * @param yaml - the file's text; its SHA-256 is the policy's name in records and approvals, together with those of
 * its bases.
 * @param options - `bases`: the texts that this one extends, nearest first. `trustRoot`: what the certificates of
 * members without a key are verified against; without it, they are not believed, nor is any witness.
 * @throws {@link LifecycleError} `POLICY_INVALID`, listing every problem with its path and what is allowed there.
 */
export function parsePolicy(
  yaml: string,
  { bases = [], trustRoot }: { readonly trustRoot?: TrustRoot | undefined; readonly bases?: readonly string[] } = {},
): Policy {
  const { file, problems } = readPolicyFile(yaml, bases);
  if (!file || problems.length > 0) throw invalid(problems);
  const members = readMembers(file);
  const weakenings = findWeakenings(file);
  return {
    name: file.metadata.name,
    version: file.metadata.version,
    digest: policyDigest(yaml, bases),
    ...(file.metadata.replaces ? { replaces: file.metadata.replaces } : {}),
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
    ...(file.witnesses ? { witnesses: file.witnesses } : {}),
    weakened: weakenings.map(({ text }) => text),
    ...(trustRoot ? { trustRoot } : {}),
  };
}

/** Names a policy by its bytes, and by those of its bases where it has some: none of them can be exchanged. */
export function policyDigest(yaml: string, bases: readonly string[] = []): Digest {
  if (bases.length === 0) return digestOf(yaml);
  return digestOf([yaml, ...bases].map((text) => `${digestOf(text)}\n`).join(""));
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

function invalid(problems: readonly PolicyProblem[], cause?: unknown): LifecycleError {
  const lines = problems.map(({ base, path, message }) => `${base ? `(in ${base.name}) ` : ""}${path}: ${message}`);
  return new LifecycleError("POLICY_INVALID", `policy is not valid: ${lines.join("; ")}`, { cause });
}
