/** Something wrong in a policy, and where: `transitions.1.requires.0`. */
export interface PolicyProblem {
  readonly path: string;
  readonly message: string;
  /** The text it stands in, where that is one that the policy extends: 1 is the nearest, by the name it is called. */
  readonly base?: { readonly level: number; readonly name: string };
}

/** Names that nothing stands behind. */
export function unknownNames(
  path: string,
  what: string,
  { names, allowed }: { names: readonly string[]; allowed: readonly string[] },
): PolicyProblem[] {
  return names
    .filter((name) => !allowed.includes(name))
    .map((name) => ({ path, message: `unknown ${what} ${JSON.stringify(name)}, allowed: ${allowed.join(", ")}` }));
}
