import { z } from "zod";
import { ContentDigest } from "./digest-set.ts";
import { FileReference, Name, Timestamp } from "./resource.ts";

/** How it was found out what an endpoint serves; from the best to the weakest. */
export const ServedMethod = z.enum(["directory", "kubernetes", "http-json", "http-header", "declared"]);
export type ServedMethod = z.infer<typeof ServedMethod>;

/** Which version an endpoint was seen to serve, `https://mreg.dev/served/v1`. */
export const Served = z.strictObject({
  observedAt: Timestamp,
  endpoint: z.strictObject({
    /** Without user and query: those may open doors. */
    uri: z
      .string()
      .regex(/^[a-z][a-z0-9+.-]{0,30}:[^\s\p{Cc}@?#]{1,1000}$/u, "expected a URI without user, query and fragment"),
    environment: Name.optional(),
  }),
  /** The model manifest that it serves. */
  digest: ContentDigest,
  /** `directory`: the files were hashed; `declared`: somebody says so. */
  method: ServedMethod,
  /** Where the digest stood: a header's name, a JSON path, a pod and container. */
  detail: Name.optional(),
  /** Instances that were asked, all with this answer. */
  instances: z.int().min(1).optional(),
  evidence: z.array(FileReference).optional(),
});
export type Served = Readonly<z.infer<typeof Served>>;
