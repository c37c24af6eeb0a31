/** What a token allows: `repository:ml/risk:pull,push` or `registry:catalog:*`. */
export type Scope = string;

export type RepositoryAction = "pull" | "push" | "delete";

export function repositoryScope(name: string, ...actions: readonly RepositoryAction[]): Scope {
  return `repository:${name}:${actions.join(",")}`;
}

/** The repository that a request is about: of its first scope, since a mount names its source last. */
export function repositoryOf(scopes: readonly Scope[]): string | undefined {
  return /^repository:(.+):[^:]*$/.exec(scopes[0] ?? "")?.[1];
}

export const catalogScope: Scope = "registry:catalog:*";

/**
 * Merges scopes so that each resource appears once, with all actions, sorted: equal rights are equal text.
 *
 * The first scopes stay first, since some token servers only read the first one.
 */
export function mergeScopes(scopes: readonly Scope[]): readonly Scope[] {
  const actions = new Map<string, Set<string>>();
  for (const scope of scopes) {
    const colon = scope.lastIndexOf(":");
    // Not of the usual form: somebody's own scope, passed on as it is.
    const [resource, wanted] = colon < 0 ? [scope, ""] : [scope.slice(0, colon), scope.slice(colon + 1)];
    const known = actions.get(resource) ?? new Set();
    for (const action of wanted.split(",")) known.add(action);
    actions.set(resource, known);
  }
  return [...actions].map(([resource, wanted]) => {
    const list = wanted.has("*") ? ["*"] : [...wanted].filter((action) => action !== "").sort();
    return list.length > 0 ? `${resource}:${list.join(",")}` : resource;
  });
}
