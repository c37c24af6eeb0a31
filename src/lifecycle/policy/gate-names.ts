/** Gates that a policy may name without defining them; all other names are those of evidence rules. */
export const builtInGates = [
  "signature",
  "owner",
  "previously-in-state",
  "replacement-in-production",
  "sunset",
  "sunset-expired",
] as const;

export type BuiltInGate = (typeof builtInGates)[number];

/** Gates that no transition names because they are always judged, or come with a field of their own. */
export const impliedGates = ["authorize", "approvals", "soak", "naming", "recorded", "policy"] as const;

export function isBuiltInGate(name: string): name is BuiltInGate {
  return (builtInGates as readonly string[]).includes(name);
}
