import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { rejectsWith } from "../../../test/support/expect.ts";
import { zipOf } from "../../../test/support/zip.ts";
import { ModelError } from "../errors.ts";
import { bytesReader } from "../weights/range-reader.ts";
import { describeTorch } from "./torch.ts";

const raw = (text: string) => Buffer.from(text, "latin1");
const text = (value: string) => `X${String.fromCharCode(value.length)}\0\0\0${value}`;

/** What torch.save writes for a tensor of two rows and three columns. */
function tensor(storage: string): string {
  const id = `(${text("storage")}ctorch\n${storage}\n${text("0")}${text("cpu")}K\x06tQ`;
  return `ctorch._utils\n_rebuild_tensor_v2\n(${id}K\0K\x02K\x03\x86K\x03K\x01\x86\x89ccollections\nOrderedDict\n)RtR`;
}

const stateDict = (entries: string) => `\x80\x02ccollections\nOrderedDict\n)R(${entries}u.`;

const zip = (name: string, content: Buffer) => zipOf([{ name, content }]);

describe("describeTorch", () => {
  const pickle = stateDict(`${text("layer.weight")}${tensor("BFloat16Storage")}${text("step")}K\x07`);
  const weight = { name: "layer.weight", dtype: "BF16", shape: [2, 3], elements: 6 };

  it("reads names, types and shapes from an archive", async () => {
    const file = zip("model/data.pkl", raw(pickle));
    expect(await describeTorch(bytesReader(file))).toEqual({ format: "pt", tensors: [weight], metadata: {} });
  });

  it("reads them from the form before, and from objects around them", async () => {
    const legacy = `\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19.\x80\x02M\xe9\x03.\x80\x02}.${pickle}\x80\x02]${text("0")}a.`;
    expect((await describeTorch(bytesReader(raw(legacy)))).tensors).toEqual([weight]);
    const parameter = `ctorch._utils\n_rebuild_parameter\n(${tensor("HalfStorage")}\x88}tR`;
    const nested = `\x80\x02}(${text("model")}}${text("w")}${parameter}s${text("list")}](${tensor("LongStorage")}eu.`;
    expect((await describeTorch(bytesReader(raw(nested)))).tensors).toEqual([
      { name: "model.w", dtype: "F16", shape: [2, 3], elements: 6 },
      { name: "list.0", dtype: "I64", shape: [2, 3], elements: 6 },
    ]);
  });

  it("refuses an archive of something else, and dictionaries that multiply", async () => {
    await rejectsWith(describeTorch(bytesReader(zip("a.txt", raw("x")))), "UNSAFE_FORMAT");
    const doubling = Array.from(
      { length: 24 },
      (_, at) =>
        `]q${String.fromCharCode(at)}(${"h"}${String.fromCharCode(Math.max(at - 1, 0))}h${String.fromCharCode(Math.max(at - 1, 0))}e`,
    );
    await rejectsWith(describeTorch(bytesReader(raw(`${doubling.join("0")}.`))), "UNSAFE_FORMAT");
  });

  it("ends in a description or a typed error for any cut or flipped bits", async () => {
    const file = zip("model/data.pkl", raw(pickle));
    const broken = fc.oneof(
      fc.nat(file.length).map((end) => file.subarray(0, end)),
      fc.array(fc.nat(file.length * 8 - 1), { minLength: 1, maxLength: 4 }).map((bits) => {
        const copy = Buffer.from(file);
        for (const bit of bits) copy[bit >> 3] = (copy[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        return copy;
      }),
    );
    await fc.assert(
      fc.asyncProperty(broken, async (bytes) => {
        const result = await describeTorch(bytesReader(bytes)).catch((error: unknown) => error);
        if (result instanceof Error) expect(result).toBeInstanceOf(ModelError);
      }),
      { numRuns: 500 },
    );
  });
});
