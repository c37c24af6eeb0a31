import { z } from "zod";

/** When a record was written: by its own word in `recordedAt` or `since`, and as far as others prove it. */
export const RecordTimeView = z.object({
  status: z
    .enum(["claimed", "proven", "disputed", "invalid", "unchecked"])
    .describe(
      "claimed: the signer's word alone; disputed: witnesses say another time; invalid: what came with it does not hold; unchecked: no trusted root was given",
    ),
  provenAt: z.string().optional().describe("the record's signature was there then: the earliest that a witness says"),
  differenceSeconds: z
    .number()
    .optional()
    .describe("largest difference between the record's own time and a proven one, either way"),
  authorities: z.array(z.string()).optional().describe("URLs of those who told the time, from the trusted root"),
  logs: z.array(z.string()).optional().describe("URLs of transparency logs that hold the record's signature"),
  reason: z.string().optional().describe("with invalid: why"),
});
export type RecordTimeView = z.infer<typeof RecordTimeView>;
