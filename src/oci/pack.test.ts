import fc from "fast-check";
import { expect, test } from "vitest";
import { missingSchemas, ociSchemas } from "../../test/support/oci-schemas.ts";
import { digestOf } from "../base/digest.ts";
import { manifestLimitBytes } from "../base/limits.ts";
import { type Descriptor, describe as descriptorOf } from "./descriptor.ts";
import { mediaTypes } from "./media-types.ts";
import { emptyJson, type PackInput, packManifest } from "./pack.ts";

const layer: Descriptor = { mediaType: "application/vnd.test", digest: digestOf("layer"), size: 5 };
const subject: Descriptor = { mediaType: mediaTypes.imageManifest, digest: digestOf("subject"), size: 7 };
const minimal: PackInput = { artifactType: "application/vnd.test.v1", layers: [layer] };

test("packManifest: writes the bytes that oras-go writes", () => {
  const { raw, descriptor } = packManifest({ ...minimal, subject, annotations: { b: "2", a: "1" } });
  expect(Buffer.from(raw).toString()).toBe(
    `{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json",` +
      `"artifactType":"application/vnd.test.v1",` +
      `"config":{"mediaType":"application/vnd.oci.empty.v1+json",` +
      `"digest":"sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a","size":2},` +
      `"layers":[{"mediaType":"application/vnd.test","digest":"${layer.digest}","size":5}],` +
      `"subject":{"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"${subject.digest}","size":7},` +
      `"annotations":{"a":"1","b":"2"}}`,
  );
  expect(descriptor).toMatchObject({ digest: digestOf(raw), size: raw.byteLength, annotations: { a: "1", b: "2" } });
});

test("packManifest: the order of annotations does not change the digest", () => {
  const keys = fc.uniqueArray(fc.string({ minLength: 1, maxLength: 8 }), { maxLength: 8 });
  fc.assert(
    fc.property(keys, fc.nat(), (names, turn) => {
      const from = (order: readonly string[]) => Object.fromEntries(order.map((key) => [key, `value of ${key}`]));
      const at = names.length > 0 ? turn % names.length : 0;
      const turned = [...names.slice(at), ...names.slice(0, at)].reverse();
      const digests = [names, turned].map(
        (order) => packManifest({ ...minimal, annotations: from(order) }).descriptor.digest,
      );
      expect(digests[0]).toBe(digests[1]);
    }),
  );
});

test("packManifest: without layers there is the empty one, and a subject loses its annotations", () => {
  const { value } = packManifest({ ...minimal, layers: [], subject: { ...subject, annotations: { a: "1" } } });
  expect(value.layers).toEqual([emptyJson.descriptor]);
  expect(value.subject).toEqual(subject);
});

test("packManifest: refuses an artifact type that is no media type", () => {
  for (const artifactType of ["", "model", "a/b;c=d", "a/b/c", " a/b"]) {
    expect(() => packManifest({ ...minimal, artifactType })).toThrow(
      expect.objectContaining({ code: "INVALID_DESCRIPTOR" }),
    );
  }
});

test("packManifest: refuses to make what no registry accepts", () => {
  const annotations = { a: "x".repeat(manifestLimitBytes) };
  expect(() => packManifest({ ...minimal, annotations })).toThrow(expect.objectContaining({ code: "LIMIT_EXCEEDED" }));
});

for (const [what, input] of [
  ["the least", minimal],
  ["no layers", { ...minimal, layers: [] }],
  ["everything", { ...minimal, config: layer, subject, annotations: { "org.opencontainers.image.title": "ü" } }],
  ["layers with annotations", { ...minimal, layers: [{ ...layer, annotations: { a: "" } }] }],
] as const) {
  test(`packManifest: is valid by the specification's own schema, with ${what}`, ({ skip }) => {
    const check = ociSchemas();
    if (!check) return skip(missingSchemas);
    const { value, descriptor } = packManifest(input);
    expect(check("image-manifest-schema", value)).toEqual([]);
    expect(check("content-descriptor", descriptor)).toEqual([]);
    expect(check("image-manifest-schema", { ...value, layers: "none" })).not.toEqual([]);
  });
}

test("describe: leaves annotations out when there are none", () => {
  expect(descriptorOf("a/b", Buffer.from("x"), {})).toEqual({ mediaType: "a/b", digest: digestOf("x"), size: 1 });
  expect(descriptorOf("a/b", Buffer.from("x"), { b: "2", a: "1" }).annotations).toEqual({ a: "1", b: "2" });
});
