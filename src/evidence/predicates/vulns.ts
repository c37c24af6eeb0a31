import { z } from "zod";
import { FileReference, ForeignTimestamp } from "./resource.ts";

/**
 * What a scanner for known vulnerabilities found, `https://in-toto.io/attestation/vulns/v0.2`, with mreg's extension
 * `evidence`.
 *
 * @see {@link https://github.com/in-toto/attestation/blob/v1.1.0/spec/predicates/vuln_02.md}
 */
export const Vulnerabilities = z.looseObject({
  scanner: z.looseObject({
    uri: z.string().min(1),
    version: z.string().optional(),
    db: z.looseObject({ uri: z.string().optional(), lastUpdate: ForeignTimestamp.optional() }).optional(),
    result: z.array(
      z.looseObject({
        id: z.string().min(1),
        severity: z.array(z.looseObject({ method: z.string().min(1), score: z.string().min(1) })),
        annotations: z.json().optional(),
      }),
    ),
  }),
  metadata: z.looseObject({ scanStartedOn: ForeignTimestamp, scanFinishedOn: ForeignTimestamp }),
  evidence: z.array(FileReference).optional(),
});
export type Vulnerabilities = Readonly<z.infer<typeof Vulnerabilities>>;
