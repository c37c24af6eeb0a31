import { predicateTypes } from "../../evidence/predicate-types.ts";
import { ModelCard } from "../../evidence/predicates/model-card.ts";
import type { Situation } from "../decision/situation.ts";
import type { CardRule, LineageRule, TierRule } from "../policy/schema.ts";
import { lineageQuery } from "./lineage.ts";
import { personalDataOf } from "./personal-data.ts";
import { type EvidenceQuery, selectEvidence } from "./selection.ts";

/**
 * The tiers of a transition that apply to this version.
 *
 * What decides is what the newest trusted card and lineage say. Where there is none, or it is silent, every tier
 * applies: a demand must not be lowered by leaving something out.
 */
export function appliedTiers(situation: Situation): readonly { readonly tier: TierRule; readonly index: number }[] {
  return situation.rule.tiers.flatMap((tier, at) => (applies(situation, tier) ? [{ tier, index: at + 1 }] : []));
}

function applies(situation: Situation, { when }: TierRule): boolean {
  const { riskClass, personalData } = when;
  const byRisk =
    riskClass === undefined || riskClasses(situation).some((risk) => risk === undefined || riskClass.includes(risk));
  const byData = personalData === undefined || holdsPersonalData(situation);
  return byRisk && byData;
}

/** What the cards say that the policy's card rules believe; one `undefined` where nothing is said. */
function riskClasses(situation: Situation): readonly (string | undefined)[] {
  const found = rulesOf(situation, "model-card").flatMap(([name, rule]) => {
    const selection = selectEvidence(situation, cardQuery(name, rule as CardRule));
    return selection.denial ? [undefined] : selection.newest.map(({ predicate }) => predicate.fields.riskClass);
  });
  return found.length > 0 ? found : [undefined];
}

function holdsPersonalData(situation: Situation): boolean {
  const found = rulesOf(situation, "lineage").flatMap(([name, rule]) => {
    const selection = selectEvidence(situation, lineageQuery(situation, name, rule as LineageRule));
    if (selection.denial) return [undefined];
    return selection.newest.flatMap(({ predicate }) => {
      const sets = personalDataOf(predicate);
      return sets.length > 0 ? sets.map(({ holds }) => holds) : [undefined];
    });
  });
  return found.length === 0 || found.some((holds) => holds !== false);
}

function rulesOf({ policy }: Situation, predicate: "model-card" | "lineage") {
  return [...policy.evidence].filter(([, rule]) => "predicate" in rule && rule.predicate === predicate);
}

function cardQuery(gate: string, { signedBy }: CardRule): EvidenceQuery<ModelCard> {
  return { gate, signedBy, wanted: "model card", fix: "", predicateType: predicateTypes.card, schema: ModelCard };
}
