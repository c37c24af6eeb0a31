import { z } from "zod";

/**
 * A bill of materials, `https://cyclonedx.org/bom`: the CycloneDX document as it is.
 *
 * Loose, since the format has a schema of its own and goes on growing.
 *
 * @see {@link https://cyclonedx.org/docs/1.6/json/}
 */
export const CycloneDxBom = z.looseObject({
  bomFormat: z.literal("CycloneDX"),
  specVersion: z.string().regex(/^1\.[0-9]{1,2}$/),
  components: z.array(z.looseObject({ type: z.string().min(1), name: z.string().min(1) })).optional(),
});
export type CycloneDxBom = Readonly<z.infer<typeof CycloneDxBom>>;

/**
 * A bill of materials, `https://spdx.dev/Document`: an SPDX 2 document, or an SPDX 3 graph.
 *
 * @see {@link https://spdx.github.io/spdx-spec/v3.0.1/}
 */
export const SpdxDocument = z.union([
  z.looseObject({ "@context": z.json(), "@graph": z.array(z.looseObject({})).min(1) }),
  z.looseObject({ spdxVersion: z.string().regex(/^SPDX-2\.[0-9]$/), SPDXID: z.string().min(1) }),
]);
export type SpdxDocument = Readonly<z.infer<typeof SpdxDocument>>;
