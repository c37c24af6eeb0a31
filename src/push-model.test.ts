import { join } from "node:path";
import { expect, test } from "vitest";
import { scratchDirectory, writeTree } from "../test/support/scratch.ts";
import { StoreError } from "./oci/errors.ts";
import { pushModel } from "./push-model.ts";
import { MemoryRegistry } from "./stores/memory/index.ts";

/** One tensor of 2 MiB, long enough to be worth an index. */
function weights(): Uint8Array {
  const size = 2 * 1024 * 1024;
  const header = Buffer.from(JSON.stringify({ a: { dtype: "U8", shape: [size], data_offsets: [0, size] } }));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.byteLength));
  return Buffer.concat([length, header, Buffer.alloc(size, 7)]);
}

test("pushModel: a registry that wants the model before its index gets the index again, after the model", async () => {
  const directory = await scratchDirectory();
  await writeTree(directory, { "model.safetensors": weights() });
  const repository = new MemoryRegistry().repository("risk");
  const push = repository.push.bind(repository);
  const tried: string[] = [];
  repository.push = async (source, options) => {
    const isReferrer = source.descriptor.artifactType?.includes("tensor-index") === true;
    if (isReferrer && tried.push(source.descriptor.digest) === 1) throw new StoreError("NOT_FOUND", "no such subject");
    return push(source, options);
  };
  const paths = [join(directory, "model.safetensors")];
  const pushed = await pushModel(repository, { paths, name: "risk" }, { index: "always" });
  expect(pushed.index).toBeDefined();
  expect(pushed.indexProblem).toBeUndefined();
  expect(tried).toEqual([pushed.index, pushed.index]);
});
