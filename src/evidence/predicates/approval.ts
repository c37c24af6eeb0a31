import { z } from "zod";
import { ContentDigest } from "./digest-set.ts";
import { Name, Timestamp } from "./resource.ts";

const State = z.string().regex(/^[a-z][a-z0-9-]{0,63}$/);

/**
 * One person's consent to one move of one version, `https://mreg.dev/approval/v1`.
 *
 * Everything it depends on is in it, so that it cannot be replayed: not for another version or gate (subject, `from`,
 * `to`), under a weaker policy, after the state has moved on (`chainHead`), or on other evidence (`evidenceSet`).
 */
export const Approval = z
  .strictObject({
    model: Name,
    /** The version's tag, such as `v4`. */
    version: Name,
    from: State,
    to: State,
    /** Of a move that the two states do not tell apart from an ordinary one, such as `break-glass`; else absent. */
    kind: z.enum(["assign", "break-glass", "follow-up", "hold", "release"]).optional(),
    policy: z.strictObject({ digest: ContentDigest }),
    /** The newest record when it was given; null before the first one. */
    chainHead: ContentDigest.nullable(),
    /** SHA-256 over the sorted digests of the evidence that was looked at; see `evidenceSetDigest`. */
    evidenceSet: ContentDigest,
    decision: z.literal("approve"),
    /** By their own word; policies derive roles from the signature. */
    role: Name.optional(),
    comment: z.string().max(10_000).optional(),
    approvedAt: Timestamp,
    expiresAt: Timestamp,
  })
  .refine((value) => Date.parse(value.expiresAt) > Date.parse(value.approvedAt), {
    path: ["expiresAt"],
    message: "not later than approvedAt",
  });
export type Approval = Readonly<z.infer<typeof Approval>>;
