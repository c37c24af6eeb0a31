import { z } from "zod";
import { ContentDigest } from "./digest-set.ts";
import { FileReference, ResourceDescriptor } from "./resource.ts";

const names = z.array(z.string().min(1));

/**
 * A test or scan, `https://in-toto.io/attestation/test-result/v0.1`, with mreg's extension `scannedFiles`.
 *
 * A gate compares `scannedFiles` with the digests of the model's layers: a scan that skipped a file proves nothing.
 * A `PASSED` that lists failed tests contradicts itself and is refused.
 *
 * @see {@link https://github.com/in-toto/attestation/blob/v1.1.0/spec/predicates/test-result.md}
 */
export const TestResult = z
  .looseObject({
    result: z.enum(["PASSED", "WARNED", "FAILED"]),
    /** What was run, and with what settings; the first entry names the tool. */
    configuration: z.array(ResourceDescriptor).min(1),
    url: z.string().optional(),
    passedTests: names.optional(),
    warnedTests: names.optional(),
    failedTests: names.optional(),
    /** Files that were read from the first byte to the last and judged. */
    scannedFiles: z.array(z.strictObject({ path: z.string().min(1), digest: ContentDigest })).optional(),
    evidence: z.array(FileReference).optional(),
  })
  .refine((value) => value.result !== "PASSED" || (value.failedTests ?? []).length === 0, {
    path: ["result"],
    message: "PASSED, but failedTests is not empty",
  });
export type TestResult = Readonly<z.infer<typeof TestResult>>;
