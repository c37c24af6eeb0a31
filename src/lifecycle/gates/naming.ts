import type { GateResult } from "../decision/decision.ts";
import type { Situation } from "../decision/situation.ts";
import { deny, pass } from "./result.ts";

/** The model has a name, and the manifest an owner, that the policy is meant for. */
export function namingGate({ policy: { naming }, model, owner }: Situation): readonly GateResult[] {
  if (!naming) return [];
  if (naming.models && !naming.models.some((glob) => matchesGlob(model, glob))) {
    const reason = `the model is called ${model}, expected ${naming.models.join(" or ")}`;
    return [
      deny("naming", "nameRefused", reason, { fix: "push it under such a name, or use the policy meant for it" }),
    ];
  }
  if (naming.owners && !naming.owners.includes(owner?.trim() ?? "")) {
    const reason = `it is owned by ${owner?.trim() || "nobody"}, expected ${naming.owners.join(" or ")}`;
    return [deny("naming", "nameRefused", reason, { fix: `mreg push ${model} <path>… --owner ${naming.owners[0]}` })];
  }
  return [pass("naming", `${model}${owner === undefined ? "" : ` of ${owner}`}`)];
}

/** `*` stands for any characters. Linear: each part is looked for once, from where the last one ended. */
export function matchesGlob(name: string, glob: string): boolean {
  const [first = "", ...rest] = glob.split("*");
  const last = rest.pop();
  if (last === undefined) return name === first;
  if (!name.startsWith(first) || name.length < first.length + last.length || !name.endsWith(last)) return false;
  let at = first.length;
  for (const part of rest) {
    const found = name.indexOf(part, at);
    if (found < 0 || found + part.length > name.length - last.length) return false;
    at = found + part.length;
  }
  return true;
}
