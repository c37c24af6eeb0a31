/** Parsed YAML: maps, lists and scalars. */
type Map = Readonly<Record<string, unknown>>;

/**
 * Lays an extending policy over its base, before either is checked: maps entry by entry, lists as a whole, transitions
 * by the move they are about.
 *
 * What comes out is a policy in full, which is then read and compared like any other; that it loosens nothing is for
 * `findLoosenings` to say.
 */
export function overlay(base: unknown, child: unknown): unknown {
  if (!isMap(base) || !isMap(child)) return child;
  const merged = merge(base, child);
  const metadata = isMap(child["metadata"]) ? { metadata: child["metadata"] } : {};
  return { ...merged, ...metadata, ...mergeTransitions(base["transitions"], child["transitions"]) };
}

function merge(base: Map, child: Map): Map {
  const result: Record<string, unknown> = { ...base };
  for (const [key, value] of Object.entries(child)) {
    // What every object inherits is no map: `constructor` is a key like any other.
    const mine = base[key];
    result[key] = isMap(mine) && isMap(value) ? merge(mine, value) : value;
  }
  return result;
}

function mergeTransitions(base: unknown, child: unknown): { readonly transitions?: unknown } {
  // What is no list was taken as it is, and is for the schema to refuse.
  if (!Array.isArray(base) || !Array.isArray(child)) return {};
  const moves = base.flatMap(single);
  const changes = child.flatMap(single);
  const kept = moves.map((move) => changes.filter((change) => isSameMove(move, change)).reduce(mergeMoves, move));
  return { transitions: [...kept, ...changes.filter((change) => !moves.some((move) => isSameMove(move, change)))] };
}

/** Only maps are the same move. */
const mergeMoves = (base: unknown, child: unknown): unknown => merge(base as Map, child as Map);

/** A move from several states, one by one. */
export function single(move: unknown): unknown[] {
  if (!isMap(move) || !Array.isArray(move["from"])) return [move];
  return move["from"].map((from: unknown) => ({ ...move, from }));
}

export function isSameMove(one: unknown, other: unknown): boolean {
  if (!isMap(one) || !isMap(other)) return false;
  return (
    ["from", "to"].every((key) => one[key] === other[key]) &&
    (one["kind"] ?? "promote") === (other["kind"] ?? "promote")
  );
}

function isMap(value: unknown): value is Map {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
