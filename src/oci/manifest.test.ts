import { expect, test } from "vitest";
import { digestOf } from "../base/digest.ts";
import { manifestLimitBytes } from "../base/limits.ts";
import { checkManifestSize, parseManifest } from "./manifest.ts";
import { mediaTypes } from "./media-types.ts";
import { emptyJson } from "./pack.ts";

const layer = { mediaType: "application/vnd.test", digest: digestOf("layer"), size: 5 };
const config = { mediaType: "application/vnd.test.config", digest: digestOf("config"), size: 6 };
const image = { schemaVersion: 2, mediaType: mediaTypes.imageManifest, config, layers: [layer] };
const index = { schemaVersion: 2, mediaType: mediaTypes.imageIndex, manifests: [layer] };
const parse = (value: unknown, mediaType: string = mediaTypes.imageManifest) =>
  parseManifest(Buffer.from(typeof value === "string" ? value : JSON.stringify(value)), mediaType);

test("parseManifest: describes exactly the bytes it was given", () => {
  const raw = Buffer.from(`${JSON.stringify(image, null, 2)}\n`);
  const manifest = parseManifest(raw, mediaTypes.imageManifest);
  expect(manifest.raw).toBe(raw);
  expect(manifest.descriptor).toMatchObject({
    mediaType: mediaTypes.imageManifest,
    digest: digestOf(raw),
    size: raw.byteLength,
  });
});

test("parseManifest: keeps the digest its caller has verified", () => {
  const raw = Buffer.from(JSON.stringify(image));
  const digest = digestOf(raw, "sha512");
  expect(parseManifest(raw, mediaTypes.imageManifest, digest).descriptor.digest).toBe(digest);
});

test("parseManifest: keeps unknown fields, of the manifest and of its descriptors", () => {
  const value = { ...image, "vendor.x": { y: [1] }, layers: [{ ...layer, urls: ["https://example.com"], z: 1 }] };
  expect(parse(value).value).toEqual(value);
});

for (const [what, value, mediaType, expected] of [
  ["artifactType wins", { ...image, artifactType: "a/b" }, mediaTypes.imageManifest, "a/b"],
  ["else the config's type", image, mediaTypes.imageManifest, config.mediaType],
  ["an empty config says nothing", { ...image, config: emptyJson.descriptor }, mediaTypes.imageManifest, undefined],
  ["an index has its own", { ...index, artifactType: "a/b" }, mediaTypes.imageIndex, "a/b"],
  ["an index without one", index, mediaTypes.imageIndex, undefined],
] as const) {
  test(`parseManifest: artifact type for referrers lists: ${what}`, () => {
    expect(parse(value, mediaType).descriptor.artifactType).toBe(expected);
  });
}

test("parseManifest: hands annotations on to the descriptor", () => {
  expect(parse({ ...image, annotations: { a: "1" } }).descriptor.annotations).toEqual({ a: "1" });
});

test("parseManifest: reads Docker's types and manifests without mediaType", () => {
  const { mediaType: _dropped, ...bare } = image;
  expect(parse({ ...bare }).kind).toBe("image");
  expect(parse({ ...image, mediaType: mediaTypes.dockerManifest }, mediaTypes.dockerManifest).kind).toBe("image");
  expect(parse({ ...index, mediaType: mediaTypes.dockerManifestList }, mediaTypes.dockerManifestList).kind).toBe(
    "index",
  );
});

for (const [what, value, mediaType] of [
  ["no JSON", "<html>", undefined],
  ["a list", "[]", undefined],
  ["a duplicate key", JSON.stringify(image).replace("{", `{"layers":[],`), undefined],
  ["another schema version", { ...image, schemaVersion: 1 }, undefined],
  ["no config", { ...image, config: undefined }, undefined],
  ["no layers", { ...image, layers: undefined }, undefined],
  ["an index served as an image", index, mediaTypes.imageManifest],
  ["an image served as an index", image, mediaTypes.imageIndex],
  ["an image served as Docker's", image, mediaTypes.dockerManifest],
  ["a media type that is no manifest", image, "application/json"],
  ["a layer with a short digest", { ...image, layers: [{ ...layer, digest: "sha256:abc" }] }, undefined],
  ["a layer with a path for a digest", { ...image, layers: [{ ...layer, digest: "../../etc/passwd" }] }, undefined],
  ["a negative size", { ...image, layers: [{ ...layer, size: -1 }] }, undefined],
  ["a size of 2^60", { ...image, layers: [{ ...layer, size: 2 ** 60 }] }, undefined],
  ["a fractional size", { ...image, layers: [{ ...layer, size: 1.5 }] }, undefined],
  ["a media type with parameters", { ...image, layers: [{ ...layer, mediaType: "a/b; c=d" }] }, undefined],
  ["an annotation that is no string", { ...image, annotations: { a: 1 } }, undefined],
  ["a subject that is no descriptor", { ...image, subject: { digest: layer.digest } }, undefined],
] as const) {
  test(`parseManifest: refuses ${what}`, () => {
    expect(() => parse(value, mediaType)).toThrow(expect.objectContaining({ code: "INVALID_MANIFEST" }));
  });
}

test("parseManifest: a message stays short, however much is wrong", () => {
  const layers = Array.from({ length: 1_000 }, () => ({}));
  expect(() => parse({ ...image, layers })).toThrow(/^[\s\S]{1,1100}$/);
  expect(() => parse(`{"${"x".repeat(5_000)}":1,"${"x".repeat(5_000)}":2}`)).toThrow(/^[\s\S]{1,1100}$/);
});

test("parseManifest, checkManifestSize: refuse the first byte above 4 MiB", () => {
  const pad = (size: number) => JSON.stringify({ ...image, pad: "x".repeat(size) });
  const spare = manifestLimitBytes - pad(0).length;
  expect(parse(pad(spare)).descriptor.size).toBe(manifestLimitBytes);
  expect(() => parse(pad(spare + 1))).toThrow(expect.objectContaining({ code: "LIMIT_EXCEEDED" }));
  expect(() => checkManifestSize(manifestLimitBytes)).not.toThrow();
  expect(() => checkManifestSize(manifestLimitBytes + 1)).toThrow(expect.objectContaining({ code: "LIMIT_EXCEEDED" }));
});
