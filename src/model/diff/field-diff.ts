/** A field that differs; absent is what one side does not have. */
export interface FieldDifference {
  /** Names from the outside in, joined with dots. */
  readonly field: string;
  readonly before?: unknown;
  readonly after?: unknown;
}

/** Compares two JSON objects field by field; arrays are compared as a whole. Sorted by field. */
export function diffFields(before: unknown, after: unknown): readonly FieldDifference[] {
  const [old, now] = [new Map(leaves(before, "")), new Map(leaves(after, ""))];
  const fields = [...new Set([...old.keys(), ...now.keys()])].sort();
  return fields.flatMap((field) => {
    const [left, right] = [old.get(field), now.get(field)];
    if (JSON.stringify(left) === JSON.stringify(right)) return [];
    return [
      { field, ...(left === undefined ? {} : { before: left }), ...(right === undefined ? {} : { after: right }) },
    ];
  });
}

function* leaves(value: unknown, at: string): Iterable<readonly [string, unknown]> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    yield [at, value];
    return;
  }
  for (const [key, child] of Object.entries(value)) yield* leaves(child, at === "" ? key : `${at}.${key}`);
}
