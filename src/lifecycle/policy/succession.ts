import type { gateCodes, PolicyReference } from "../decision/decision.ts";

/** Why a policy may not follow another one in a model's history. */
export interface SuccessionProblem {
  readonly code: keyof typeof gateCodes;
  /** What was found and expected. */
  readonly reason: string;
  readonly fix: string;
}

/**
 * Says why a decision under one policy may not follow a decision under another: versions count up within a model's
 * history, whatever the policies are called, and one version is one text.
 *
 * Numbers that counted by name would let anybody who renames a policy begin again at 1, with anything in it.
 */
export function successionProblem(before: PolicyReference, now: PolicyReference): SuccessionProblem | undefined {
  const next = before.version + 1;
  const was = `policy ${before.name}@${before.version}`;
  const isSameText = now.digest === before.digest;
  const isSamePolicy = now.name === before.name && now.version === before.version;
  if (now.version < before.version) {
    const reason = `policy ${now.name} is version ${now.version}, but the history has used ${was} already`;
    const raise = `set metadata.version to ${next} or more in it`;
    const fix = now.name === before.name ? "use the newer policy" : `${raise}, or use ${before.name}`;
    return { code: "policyOlder", reason, fix };
  }
  // A text says its name and version itself: a record that gives it others was written by hand.
  if (isSameText === isSamePolicy && (isSamePolicy || now.version > before.version)) return undefined;
  if (isSameText) {
    const reason = `policy ${now.digest} is called ${now.name}@${now.version}, but the history has used it as ${was}`;
    return { code: "policyEdited", reason, fix: "name the policy as its text does" };
  }
  const what = now.name === before.name ? "was edited under its version" : `has the version of ${was}`;
  return {
    code: "policyEdited",
    reason: `policy ${now.name}@${now.version} ${what}: it, with what it extends, is ${now.digest}, but the history has used ${before.digest}`,
    fix: `set metadata.version to ${next}, or undo the edit`,
  };
}

/**
 * Says why a policy of another name may not take over: it has to say so itself. Else any policy with a high number, of
 * another team or project, could be used by mistake, or be called one.
 */
export function renamingProblem(
  before: PolicyReference,
  now: PolicyReference,
  replaces: readonly string[],
): SuccessionProblem | undefined {
  if (now.name === before.name || replaces.includes(before.name)) return undefined;
  return {
    code: "policyRenamed",
    reason: `policy ${now.name}@${now.version} is not the one that the history has used, ${before.name}@${before.version}, and does not say that it replaces it`,
    fix: `set metadata.replaces to [${before.name}] and metadata.version to ${Math.max(now.version, before.version + 1)} in it, or use ${before.name}`,
  };
}
