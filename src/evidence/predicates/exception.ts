import { z } from "zod";
import { Name, Timestamp } from "./resource.ts";

/**
 * One person's word that one gate shall not stop one version, for a time, `https://mreg.dev/exception/v1`.
 *
 * The subject is the version's manifest. Who may sign one, for which gates and for how long is the policy's to say.
 */
export const Exception = z
  .strictObject({
    model: Name,
    /** The version's tag, such as `v4`. */
    version: Name,
    /** As decisions name it: `eval.baseline`. */
    gate: Name,
    /** Where the reasons are written down. */
    ticket: Name,
    reason: z.string().min(1).max(10_000),
    grantedAt: Timestamp,
    until: Timestamp,
  })
  .refine((value) => Date.parse(value.until) > Date.parse(value.grantedAt), {
    path: ["until"],
    message: "not later than grantedAt",
  });
export type Exception = Readonly<z.infer<typeof Exception>>;
