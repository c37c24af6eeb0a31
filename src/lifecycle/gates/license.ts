import type { ModelCard } from "../../evidence/predicates/model-card.ts";
import { dependencyNames, type Provenance } from "../../evidence/predicates/provenance.ts";
import type { GateResult } from "../decision/decision.ts";
import type { Situation } from "../decision/situation.ts";
import type { CardRule, LineageRule } from "../policy/schema.ts";
import { deny, pass, whoMaySign } from "./result.ts";
import { type Candidate, references } from "./selection.ts";

/** The model's licence is one that the policy allows. */
export function cardLicenseGate(
  situation: Situation,
  name: string,
  rule: CardRule,
  candidates: readonly Candidate<ModelCard>[],
): readonly GateResult[] {
  const found = candidates.map(({ predicate }) => ({ what: "the model", license: predicate.fields.license }));
  return judge(situation, { name, rule, found, candidates });
}

/** Every data set of the training has a licence that the policy allows. */
export function lineageLicenseGate(
  situation: Situation,
  name: string,
  rule: LineageRule,
  candidates: readonly Candidate<Provenance>[],
): readonly GateResult[] {
  const found = candidates
    .flatMap(({ predicate }) => trainingSets(predicate))
    .map(({ name: dataset, annotations }) => {
      const license = annotations?.["license"];
      return { what: dataset, license: typeof license === "string" ? license : undefined };
    });
  return judge(situation, { name, rule, found, candidates });
}

/** The data sets that a provenance names, as it names them. */
export function trainingSets({ buildDefinition }: Provenance) {
  const dependencies = buildDefinition.resolvedDependencies ?? [];
  return dependencies.flatMap(({ name, ...rest }) =>
    name?.startsWith(dependencyNames.datasetPrefix) ? [{ name, ...rest }] : [],
  );
}

interface LicenseInput {
  readonly name: string;
  readonly rule: CardRule | LineageRule;
  readonly found: readonly { readonly what: string; readonly license: string | undefined }[];
  readonly candidates: readonly Candidate<unknown>[];
}

function judge({ policy }: Situation, { name, rule, found, candidates }: LicenseInput): readonly GateResult[] {
  if (!rule.licenses) return [];
  const gate = `${name}.license`;
  const allowed = new Set(rule.licenses.map((license) => license.toLowerCase()));
  const refused = found.filter(({ license }) => !allowed.has(license?.trim().toLowerCase() ?? ""));
  const evidence = references(candidates);
  if (refused.length === 0) return [pass(gate, "under licences that the policy allows", evidence)];
  const reasons = refused.map(({ what, license }) => `${what} is under ${license ?? "no licence that it names"}`);
  return [
    deny(gate, "licenseRefused", `${[...new Set(reasons)].join("; ")}, expected ${rule.licenses.join(", ")}`, {
      evidence,
      who: whoMaySign(policy, rule.signedBy),
      fix: "use something else, or correct the licence that is stated",
    }),
  ];
}
