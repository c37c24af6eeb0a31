import { z } from "zod";
import { contentPieceRange } from "../../transfer/pieces/index.ts";
import { tensorIndexType } from "../media-types.ts";

const Count = z.int().min(0);

const Entry = z.object({
  offset: Count.describe("first byte, counted from the start of the file; where the entry before it ends"),
  length: z.int().min(1).describe("bytes"),
  sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .describe("of these bytes"),
  name: z.string().optional().describe("the tensor that starts here; absent for headers, padding and content pieces"),
  dtype: z.string().min(1).max(64).optional().describe("as the file spells it, such as BF16; with name"),
  shape: z.array(Count).max(64).optional().describe("in the order of the file; with name"),
  part: z.int().min(2).optional().describe("a tensor above 64 MiB goes on: 2 for its second entry"),
});

const IndexedFile = z.object({
  path: z.string().describe("in the model"),
  digest: z
    .string()
    .regex(/^(?:sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$/)
    .describe("of the whole file: the layer it describes"),
  size: Count.describe("bytes of the whole file"),
  contentSize: z
    .int()
    .min(contentPieceRange.min)
    .max(contentPieceRange.max)
    .optional()
    .describe("mean length of content-defined pieces, a power of two; absent when the entries follow the tensors"),
  entries: z.array(Entry).describe("in the order of the file, covering it without holes"),
});

/** The schema of {@link TensorIndex}, for `schemas/`. Readers use `parse.ts`, which needs a third of its memory. */
export const tensorIndexSchema = z.object({
  schemaVersion: z.literal(1),
  mediaType: z.literal(tensorIndexType),
  files: z.array(IndexedFile).describe("sorted by path"),
});
