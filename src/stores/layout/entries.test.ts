import fc from "fast-check";
import { expect, test } from "vitest";
import { digestOf } from "../../base/digest.ts";
import type { Descriptor } from "../../oci/descriptor.ts";
import { annotationKeys, mediaTypes } from "../../oci/media-types.ts";
import { addManifest, addTag, findTag, type IndexEntry, removeManifest, removeTag, tagOf } from "./entries.ts";

const manifest = (name: string): Descriptor => ({
  mediaType: mediaTypes.imageManifest,
  digest: digestOf(name),
  size: 9,
});
const named = (name: string, tag: string, extra = {}): IndexEntry => ({
  ...manifest(name),
  ...extra,
  annotations: { [annotationKeys.refName]: tag },
});
const [a, b] = [manifest("a"), manifest("b")];
/** An entry as other programs write it. */
const foreign: IndexEntry = { ...a, platform: { os: "linux" }, annotations: { "org.example": "1" } };

for (const [what, change, before, after] of [
  ["addManifest: lists it without a name", (e) => addManifest(e, a), [], [a]],
  [
    "addManifest: keeps the artifact type, not the annotations",
    (e) => addManifest(e, { ...a, artifactType: "x/y", annotations: { k: "v" } }),
    [],
    [{ ...a, artifactType: "x/y" }],
  ],
  ["addManifest: leaves one alone that is listed", (e) => addManifest(e, a), [named("a", "v1")], [named("a", "v1")]],
  ["addTag: names the entry without a name", (e) => addTag(e, a, "v1"), [a, b], [named("a", "v1"), b]],
  [
    "addTag: a second tag is a second entry",
    (e) => addTag(e, a, "v2"),
    [named("a", "v1"), b],
    [named("a", "v1"), b, named("a", "v2")],
  ],
  ["addTag: the same again changes nothing", (e) => addTag(e, a, "v1"), [named("a", "v1"), b], [named("a", "v1"), b]],
  [
    "addTag: moves a tag, and who lost it stays listed",
    (e) => addTag(e, b, "v1"),
    [named("a", "v1"), b],
    [a, named("b", "v1")],
  ],
  [
    "addTag: moves a tag away from one that has another",
    (e) => addTag(e, b, "v1"),
    [named("a", "v1"), named("a", "v2"), b],
    [named("a", "v2"), named("b", "v1")],
  ],
  [
    "addTag: makes a tag that named two name one",
    (e) => addTag(e, b, "v1"),
    [named("a", "v1"), named("b", "v1")],
    [a, named("b", "v1")],
  ],
  [
    "addTag: keeps fields and annotations it does not know",
    (e) => addTag(e, a, "v1"),
    [foreign],
    [{ ...foreign, annotations: { "org.example": "1", [annotationKeys.refName]: "v1" } }],
  ],
  ["addTag: lists a manifest that only an index lists", (e) => addTag(e, b, "v1"), [a], [a, named("b", "v1")]],
  [
    "removeTag: one of two tags goes with its entry",
    (e) => removeTag(e, "v1"),
    [named("a", "v1"), named("a", "v2")],
    [named("a", "v2")],
  ],
  ["removeTag: after the last tag the manifest stays listed", (e) => removeTag(e, "v1"), [named("a", "v1"), b], [a, b]],
  [
    "removeTag: a tag that was written twice goes with both",
    (e) => removeTag(e, "v1"),
    [named("a", "v1"), named("a", "v1")],
    [a],
  ],
  [
    "removeTag: a tag that is not there changes nothing",
    (e) => removeTag(e, "v2"),
    [named("a", "v1")],
    [named("a", "v1")],
  ],
  [
    "removeTag: keeps other annotations",
    (e) => removeTag(e, "v1"),
    [{ ...foreign, annotations: { "org.example": "1", [annotationKeys.refName]: "v1" } }],
    [foreign],
  ],
  [
    "removeManifest: goes with all its entries",
    (e) => removeManifest(e, a),
    [a, named("a", "v1"), b, named("a", "x/y:z")],
    [b],
  ],
] satisfies [string, (entries: readonly IndexEntry[]) => readonly IndexEntry[], IndexEntry[], IndexEntry[]][]) {
  test(what, () => expect(change(before)).toEqual(after));
}

for (const same of [
  (e: readonly IndexEntry[]) => addManifest(e, a),
  (e: readonly IndexEntry[]) => addTag(e, a, "v1"),
  (e: readonly IndexEntry[]) => removeTag(e, "v9"),
]) {
  test(`nothing to do gives the very same list, so that nothing is written: ${same}`, () => {
    const entries = [named("a", "v1"), b];
    expect(same(entries)).toBe(entries);
  });
}

test("tagOf: whole references and other names are no tags", () => {
  expect(tagOf(named("a", "v1"))).toBe("v1");
  for (const name of ["docker.io/library/x:latest", "", "a b"]) expect(tagOf(named("a", name))).toBeUndefined();
  expect(tagOf(a)).toBeUndefined();
});

test("findTag: refuses a tag that names two manifests", () => {
  expect(findTag([named("a", "v1"), named("a", "v1")], "v1")).toEqual(named("a", "v1"));
  expect(findTag([a], "v1")).toBeUndefined();
  expect(() => findTag([named("a", "v1"), named("b", "v1")], "v1")).toThrow(
    expect.objectContaining({ code: "INVALID_MANIFEST" }),
  );
});

test("any sequence of changes behaves like a map of tags and a set of manifests", () => {
  const names = fc.constantFrom("a", "b", "c");
  const tags = fc.constantFrom("v1", "v2", "v3");
  const step = fc.oneof(
    fc.record({ kind: fc.constant("tag" as const), name: names, tag: tags }),
    fc.record({ kind: fc.constant("untag" as const), tag: tags }),
    fc.record({ kind: fc.constant("delete" as const), name: names }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 20 }), (steps) => {
      let entries: readonly IndexEntry[] = [];
      const expected = { tags: new Map<string, string>(), manifests: new Set<string>() };
      for (const each of steps) {
        if (each.kind === "untag") {
          entries = removeTag(entries, each.tag);
          expected.tags.delete(each.tag);
          continue;
        }
        const { digest } = manifest(each.name);
        if (each.kind === "tag") {
          entries = addTag(addManifest(entries, manifest(each.name)), manifest(each.name), each.tag);
          expected.manifests.add(digest);
          expected.tags.set(each.tag, digest);
        } else {
          entries = removeManifest(entries, manifest(each.name));
          expected.manifests.delete(digest);
          for (const [tag, target] of expected.tags) if (target === digest) expected.tags.delete(tag);
        }
      }
      const tagged = entries.filter((entry) => tagOf(entry) !== undefined);
      expect(new Map(tagged.map((entry) => [tagOf(entry), entry.digest]))).toEqual(expected.tags);
      expect(tagged).toHaveLength(expected.tags.size);
      expect(new Set(entries.map(({ digest }) => digest))).toEqual(expected.manifests);
      const untagged = entries.filter((entry) => tagOf(entry) === undefined).map(({ digest }) => digest);
      expect(untagged).toEqual([...new Set(untagged)]);
      expect(untagged.filter((digest) => tagged.some((entry) => entry.digest === digest))).toEqual([]);
    }),
  );
});
