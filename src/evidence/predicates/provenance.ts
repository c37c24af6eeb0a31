import { z } from "zod";
import { ForeignTimestamp, ResourceDescriptor } from "./resource.ts";

/** The build type of a training run: `externalParameters` are its inputs, `resolvedDependencies` code and data. */
export const trainingBuildType = "https://mreg.dev/training/v1";

/** Names of `resolvedDependencies` that carry lineage; a data set is `dataset:` and its own name. */
export const dependencyNames = { code: "code", datasetPrefix: "dataset:", baseModel: "base-model" } as const;

/**
 * Where a model comes from, `https://slsa.dev/provenance/v1`.
 *
 * Open about unknown fields, because the specification tells consumers to ignore them. What a gate needs from it is
 * told by `lineageOf`.
 *
 * @see {@link https://slsa.dev/spec/v1.0/provenance}
 */
export const Provenance = z.looseObject({
  buildDefinition: z.looseObject({
    buildType: z.string().min(1),
    externalParameters: z.record(z.string(), z.json()),
    internalParameters: z.record(z.string(), z.json()).optional(),
    resolvedDependencies: z.array(ResourceDescriptor).optional(),
  }),
  runDetails: z.looseObject({
    /** Who answers for the run. It is a claim: no SLSA level follows from it. */
    builder: z.looseObject({ id: z.string().min(1) }),
    metadata: z
      .looseObject({
        invocationId: z.string().optional(),
        startedOn: ForeignTimestamp.optional(),
        finishedOn: ForeignTimestamp.optional(),
      })
      .optional(),
    byproducts: z.array(ResourceDescriptor).optional(),
  }),
});
export type Provenance = Readonly<z.infer<typeof Provenance>>;
