import { describe, expect, it } from "vitest";
import { rejectsWith } from "../../../../test/support/expect.ts";
import { bytesReader } from "../../weights/range-reader.ts";
import { ByteCursor } from "../byte-cursor.ts";
import { walkPickle } from "./machine.ts";

const text = (value: string) => `\x8c${String.fromCharCode(value.length)}${value}`;

/** `numpy.dtype(code)` with these flags in its state. */
function dtype(code: string, flags: string): string {
  const state = `(K\x03${text("<")}NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK${flags}tb`;
  return `${text("numpy")}${text("dtype")}\x93${text(code)}\x89\x88\x87R${state}`;
}

/** What joblib writes for an array, up to the BUILD that its bytes follow. */
function wrapper(type: string, shape: string): string {
  const head = `${text("joblib.numpy_pickle")}${text("NumpyArrayWrapper")}\x93)\x81`;
  return `${head}}(${text("shape")}${shape}${text("dtype")}${type}${text("numpy_array_alignment_bytes")}K\x10ub`;
}

async function walk(content: string): Promise<readonly string[]> {
  const names: string[] = [];
  const cursor = new ByteCursor(bytesReader(Buffer.from(content, "latin1")));
  await walkPickle(cursor, { global: ({ name }) => names.push(name), oddity: (oddity) => names.push(oddity) });
  expect(cursor.left).toBe(0);
  return names;
}

const seen = ["NumpyArrayWrapper", "dtype"];
const bytes = "cos\nsystem\n";

describe("arrays of joblib", () => {
  it("steps over their padding and bytes, which are no opcodes", async () => {
    expect(
      await walk(`\x80\x04${wrapper(dtype("f8", "\0"), "K\x02\x85")}\x03\xff\xff\xff${"\xff".repeat(16)}.`),
    ).toEqual(seen);
    expect(await walk(`\x80\x04${wrapper(dtype("U2", "\x08"), "K\x02K\x01\x86")}\0${"\xff".repeat(16)}.`)).toEqual(
      seen,
    );
  });

  it("walks through the pickle of objects, which takes the place of the bytes", async () => {
    expect(await walk(`\x80\x04${wrapper(dtype("O8", "\x3f"), "K\x01\x85")}\x80\x02${bytes}..`)).toEqual([
      ...seen,
      "system",
    ]);
  });

  it.each([
    ["a flag of objects on numbers", dtype("f8", "\x3f"), "K\x02\x85"],
    ["objects without their flag", dtype("O8", "\0"), "K\x01\x85"],
    ["records without fields", dtype("V8", "\0"), "K\x01\x85"],
    ["a type of another kind", "K\x01", "K\x01\x85"],
    ["a shape that is none", dtype("f8", "\0"), `${text("x")}\x85`],
    ["more bytes than there are", dtype("f8", "\0"), "M\xff\xff\x85"],
  ])("refuses %s, where joblib would unpickle what was stepped over", async (_, type, shape) => {
    await rejectsWith(walk(`\x80\x04${wrapper(type, shape)}\0${bytes.repeat(4)}.`), "UNSAFE_FORMAT");
  });
});
