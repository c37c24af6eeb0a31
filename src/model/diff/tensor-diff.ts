import type { IndexedFile } from "../tensor-index/document.ts";
import type { Tensor } from "../weights/tensor.ts";

/** What is known of one tensor of a version, from the header of its file or from an index. */
export interface TensorFacts {
  readonly name: string;
  /** Of the file, in the model. */
  readonly path: string;
  readonly dtype: string;
  readonly shape: readonly number[];
  /** Equal for equal content; absent when nobody says what the content is. An index says it: a claim. */
  readonly content?: string;
}

/** `unknown`: type and shape are the same, and no index tells whether the content is. */
export type TensorChange = "added" | "removed" | "reshaped" | "changed" | "unknown";

/** A tensor that differs, or may differ. */
export interface TensorDifference {
  readonly name: string;
  readonly change: TensorChange;
  readonly before?: Omit<TensorFacts, "name" | "content">;
  readonly after?: Omit<TensorFacts, "name" | "content">;
}

export interface TensorDiff {
  /** In files that differ: tensors that are the same. */
  readonly same: number;
  /** Sorted by name. */
  readonly differences: readonly TensorDifference[];
}

/** The tensors of an indexed file with their content. */
export function indexedTensors({ path, entries }: IndexedFile): readonly TensorFacts[] {
  const tensors: (Omit<TensorFacts, "content"> & { content: string })[] = [];
  let current: { content: string } | undefined;
  for (const { name, dtype, shape, part, sha256 } of entries) {
    if (name !== undefined && dtype !== undefined && shape !== undefined) {
      const tensor = { name, path, dtype, shape, content: sha256 };
      tensors.push(tensor);
      current = tensor;
    } else if (part !== undefined && current) current.content += ` ${sha256}`;
    else current = undefined;
  }
  return tensors;
}

/** The tensors of a header; empty ones have the same content everywhere. */
export function headerTensors(path: string, tensors: readonly Tensor[]): readonly TensorFacts[] {
  return tensors.map(({ name, dtype, shape, bytes }) => {
    return { name, path, dtype, shape, ...(bytes === 0 ? { content: "" } : {}) };
  });
}

/**
 * Compares tensors by name, whatever shard they are in. A name that a version has several times, in the parts of a
 * pipeline for instance, is compared within files of one directory and stem.
 */
export function diffTensors(before: readonly TensorFacts[], after: readonly TensorFacts[]): TensorDiff {
  const [old, now] = pairKeys(before, after);
  const differences: TensorDifference[] = [];
  let same = 0;
  for (const [key, tensor] of old) {
    const other = now.get(key);
    const change = other ? compare(tensor, other) : "removed";
    if (change === "same") same++;
    else
      differences.push({ name: tensor.name, change, before: shown(tensor), ...(other ? { after: shown(other) } : {}) });
  }
  for (const [key, tensor] of now) {
    if (!old.has(key)) differences.push({ name: tensor.name, change: "added", after: shown(tensor) });
  }
  return { same, differences: differences.sort((a, b) => (a.name < b.name ? -1 : Number(a.name > b.name))) };
}

function compare(before: TensorFacts, after: TensorFacts): TensorChange | "same" {
  if (before.dtype !== after.dtype || before.shape.join() !== after.shape.join()) return "reshaped";
  if (before.content === undefined || after.content === undefined) return "unknown";
  return before.content === after.content ? "same" : "changed";
}

function shown({ path, dtype, shape }: TensorFacts): Omit<TensorFacts, "name" | "content"> {
  return { path, dtype, shape };
}

type Keyed = ReadonlyMap<string, TensorFacts>;

function pairKeys(before: readonly TensorFacts[], after: readonly TensorFacts[]): readonly [Keyed, Keyed] {
  const repeated = new Set([...repeatedNames(before), ...repeatedNames(after)]);
  const keyed = (tensors: readonly TensorFacts[]) =>
    new Map(
      tensors.map((tensor) => [
        repeated.has(tensor.name) ? `${stem(tensor.path)}\n${tensor.name}` : tensor.name,
        tensor,
      ]),
    );
  return [keyed(before), keyed(after)];
}

function repeatedNames(tensors: readonly TensorFacts[]): ReadonlySet<string> {
  const seen = new Set<string>();
  const repeated = new Set<string>();
  for (const { name } of tensors) (seen.has(name) ? repeated : seen).add(name);
  return repeated;
}

/** A path without the number of its shard and its extension. */
function stem(path: string): string {
  return path.replace(/(?:-\d{5}-of-\d{5})?\.[^./]*$/, "");
}
