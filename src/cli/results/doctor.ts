import { z } from "zod";
import type { ProbeName } from "../../oci/probe.ts";
import { meanings } from "../render/doctor-meaning.ts";

export const DoctorResult = z.object({
  kind: z.literal("doctor"),
  schemaVersion: z.literal(1),
  registry: z.string(),
  repository: z.string().describe("throw-away repository that was used; one with -mount at its end as well"),
  works: z.boolean().describe("push, attach, promote and verify all work here"),
  findings: z.array(
    z.object({
      probe: z.enum(Object.keys(meanings) as [ProbeName, ...ProbeName[]]),
      answer: z.enum(["yes", "no", "unknown"]),
      detail: z.string().optional().describe("what was seen"),
      meaning: z.string().describe("what follows for mreg"),
    }),
  ),
  left: z.array(z.string()).describe("what could not be removed"),
});
export type DoctorResult = z.infer<typeof DoctorResult>;
