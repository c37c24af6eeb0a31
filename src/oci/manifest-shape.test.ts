import fc from "fast-check";
import { expect, test } from "vitest";
import { z } from "zod";
import { mediaTypePattern } from "./descriptor.ts";
import { isDigest } from "./digest.ts";
import { imageIndexAt, imageManifestAt } from "./manifest.ts";

/** The same documents as schemas: what the hand-written checks are compared with. */
const Annotations = z.record(z.string(), z.string()).optional();
const Descriptor = z.looseObject({
  mediaType: z.string().regex(mediaTypePattern),
  digest: z.string().refine(isDigest),
  size: z.int().min(0),
  annotations: Annotations,
  artifactType: z.string().optional(),
});
const fields = {
  schemaVersion: z.literal(2),
  mediaType: z.string().optional(),
  artifactType: z.string().optional(),
  subject: Descriptor.optional(),
  annotations: Annotations,
};
const ImageManifest = z.looseObject({ ...fields, config: Descriptor, layers: z.array(Descriptor) });
const ImageIndex = z.looseObject({ ...fields, manifests: z.array(Descriptor) });

const good = { mediaType: "a/b", digest: `sha256:${"0".repeat(64)}`, size: 1 };

/** Any JSON value, more often one that is right somewhere. */
const anything = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom<unknown>(good, [good], 2, 0, "a/b", good.digest, {}, [], null, { a: "b" }) },
  { weight: 1, arbitrary: fc.jsonValue() },
  {
    weight: 1,
    arbitrary: fc.constantFrom<unknown>(-1, 1.5, 2 ** 53, true, "", "a", { a: 1 }, [good, {}], { __proto__: null }),
  },
);

/** A value in which some of these fields are replaced or left out. */
function spoiled(valid: Readonly<Record<string, unknown>>, optional: readonly string[]): fc.Arbitrary<unknown> {
  const names = [...Object.keys(valid), ...optional];
  const change = fc.tuple(fc.constantFrom(...names), fc.option(anything, { nil: undefined }));
  return fc.array(change, { maxLength: 2 }).map((changes) => {
    const entries = changes.filter(([, value]) => value !== undefined);
    const removed = new Set(changes.filter(([, value]) => value === undefined).map(([name]) => name));
    return Object.fromEntries([...Object.entries(valid).filter(([name]) => !removed.has(name)), ...entries]);
  });
}

const descriptor = spoiled(good, ["annotations", "artifactType"]);
const optional = ["mediaType", "artifactType", "subject", "annotations"];

function documents(valid: (one: unknown) => Readonly<Record<string, unknown>>): fc.Arbitrary<unknown> {
  return fc.oneof(
    descriptor.chain((one) => spoiled(valid(one), optional)),
    anything,
  );
}

for (const [what, read, schema, valid] of [
  ["manifest", imageManifestAt, ImageManifest, (one: unknown) => ({ schemaVersion: 2, config: good, layers: [one] })],
  ["index", imageIndexAt, ImageIndex, (one: unknown) => ({ schemaVersion: 2, manifests: [good, one] })],
] as const) {
  test(`an image ${what} is accepted exactly when the schema accepts it, and is not changed`, () => {
    fc.assert(
      fc.property(documents(valid), (json) => {
        const before = structuredClone(json);
        const isAccepted = schema.safeParse(json).success;
        if (isAccepted) expect(read(json)).toEqual(before);
        else expect(() => read(json)).toThrow(TypeError);
      }),
      { numRuns: 2_000 },
    );
  });
}

for (const [what, json, message] of [
  [
    "a field deep inside",
    { schemaVersion: 2, manifests: [good, { ...good, size: "1" }] },
    'manifests[1].size is "1", expected a whole number from 0 to 2^53 - 1',
  ],
  ["a field that is missing", { schemaVersion: 2 }, "manifests is missing, expected an array"],
  ["the document itself", [], "the document is an array, expected an object"],
  ["a key", { schemaVersion: 2, manifests: [], annotations: { a: 1 } }, 'annotations["a"] is 1, expected a string'],
  [
    "hostile text, cut",
    { schemaVersion: 2, manifests: [{ ...good, mediaType: "x".repeat(9_999) }] },
    `manifests[0].mediaType is "${"x".repeat(80)}", expected a media type`,
  ],
] as const) {
  test(`the message names ${what}`, () => {
    expect(() => imageIndexAt(json)).toThrow(new TypeError(message));
  });
}
