import { objectAt, textsAt } from "../../base/shape.ts";
import { ModelError } from "../errors.ts";
import { comparePaths } from "../file-path.ts";
import { quote, type WeightsHeader } from "./tensor.ts";

/** `model.safetensors.index.json` of transformers: which shard holds which tensor. */
interface ShardIndex {
  readonly weight_map: Readonly<Record<string, string>>;
}

/** Tells whether a file is an index of safetensors shards. */
export function isShardIndex(path: string): boolean {
  return path.endsWith(".safetensors.index.json");
}

/**
 * Checks that every shard an index names is there and holds what the index says.
 *
 * The index's `total_size` is not checked: writers disagree on whether tied weights count twice.
 *
 * @param path - of the index; shards are beside it.
 * @param headers - of all weights, by path.
 * @throws {@link ModelError} `FILE_MISSING` or `CONFIG_INVALID`.
 */
export function checkShardIndex(path: string, bytes: Uint8Array, headers: ReadonlyMap<string, WeightsHeader>): void {
  const directory = path.slice(0, path.lastIndexOf("/") + 1);
  const tensors = new Map<string, Set<string>>();
  const map = Object.entries(parseIndex(path, bytes).weight_map);
  for (const [tensor, shard] of map.sort((a, b) => comparePaths(a[1], b[1]))) {
    const header = headers.get(directory + shard);
    if (!header) {
      const file = JSON.stringify(directory + shard);
      throw new ModelError("FILE_MISSING", `${path} names the shard ${file}, which is not there`, { path });
    }
    const names = tensors.get(shard) ?? new Set(header.tensors.map(({ name }) => name));
    tensors.set(shard, names);
    if (!names.has(tensor)) {
      const where = `${quote(tensor)} in ${JSON.stringify(shard)}`;
      throw new ModelError("CONFIG_INVALID", `${path} promises tensor ${where}, which does not hold it`, { path });
    }
  }
  refuseRepeated(path, tensors);
}

/** Which of two a loader takes depends on the loader. */
function refuseRepeated(path: string, shards: ReadonlyMap<string, ReadonlySet<string>>): void {
  const seen = new Map<string, string>();
  for (const [shard, names] of shards) {
    for (const name of names) {
      const other = seen.get(name);
      if (other !== undefined) {
        const where = `${quote(name)} is in ${JSON.stringify(other)} and ${JSON.stringify(shard)}`;
        throw new ModelError("CONFIG_INVALID", `${path} names two shards with one tensor: ${where}`, { path });
      }
      seen.set(name, shard);
    }
  }
}

function parseIndex(path: string, bytes: Uint8Array): ShardIndex {
  try {
    const index = objectAt(JSON.parse(Buffer.from(bytes).toString("utf8")), "");
    return { weight_map: textsAt(index["weight_map"], "weight_map") };
  } catch (cause) {
    throw new ModelError("CONFIG_INVALID", `${path} is not an index of shards`, { cause, path });
  }
}
