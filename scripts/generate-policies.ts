/**
 * Writes the policies of `examples/policies/` from the templates of `mreg policy init`, with an example team in them.
 *
 * `npx node scripts/generate-policies.ts`; a test fails when a committed file differs.
 */
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { levelPolicyYaml, type PolicyLevel, policyLevels } from "../src/lifecycle/policy/levels.ts";

const google = "https://accounts.google.com";
const person = (name: string) => ({ issuer: google, identity: `${name}@example.com` });

/** The team of the guide: two leads, so that one of them can be away. */
const identities = {
  ana: person("ana"),
  ci: {
    person: "ci-robot",
    issuer: "https://token.actions.githubusercontent.com",
    identity: "https://github.com/example/models/.github/workflows/eval.yml@refs/heads/main",
  },
  mia: person("mia"),
  lea: person("lea"),
  lou: person("lou"),
  omar: person("omar"),
};
const roles = { "data-scientist": ["ana"], ci: ["ci"], mlops: ["mia"], lead: ["lea", "lou"], owner: ["omar"] };

/** The text of one example. */
export function examplePolicy(level: PolicyLevel): string {
  return levelPolicyYaml({ level, name: "example", identities, roles });
}

export const examplePath = (level: PolicyLevel): URL =>
  new URL(`../examples/policies/level-${level}.yaml`, import.meta.url);

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const level of policyLevels) writeFileSync(examplePath(level), examplePolicy(level));
}
