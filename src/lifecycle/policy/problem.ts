/** Something wrong in a policy, and where: `transitions.1.requires.0`. */
export interface PolicyProblem {
  readonly path: string;
  readonly message: string;
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
