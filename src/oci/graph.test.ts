import { expect, test } from "vitest";
import { indexOf, seededArtifact } from "../../test/support/fixtures.ts";
import { digestOf } from "../base/digest.ts";
import type { ReadOnlyGraphTarget } from "./content.ts";
import type { Descriptor } from "./descriptor.ts";
import { type ReferrerNode, referrerTree, successors } from "./graph.ts";
import { graphDepthLimit } from "./limits.ts";
import { mediaTypes } from "./media-types.ts";

const node = (name: string): Descriptor => ({ mediaType: mediaTypes.imageManifest, digest: digestOf(name), size: 1 });

/** A store that knows nothing but who refers to whom: hostile registries answer whatever they like. */
function storeOf(edges: (name: string) => readonly string[]): ReadOnlyGraphTarget & { asked: number } {
  const names = new Map<string, string>();
  const store = {
    asked: 0,
    async *referrers(target: Descriptor) {
      store.asked += 1;
      for (const name of edges(names.get(target.digest) ?? "root")) {
        names.set(node(name).digest, name);
        yield node(name);
      }
    },
  };
  return store as unknown as ReadOnlyGraphTarget & { asked: number };
}

const shape = ({ referrers }: ReferrerNode): unknown[] => referrers.map(shape);

for (const [what, edges, expected] of [
  ["nothing", {}, []],
  ["a chain", { root: ["a"], a: ["b"] }, [[[]]]],
  ["two branches", { root: ["a", "b"], b: ["c"] }, [[], [[]]]],
  ["a manifest listed twice", { root: ["a", "a"] }, [[]]],
  ["a manifest that refers to itself", { root: ["a"], a: ["a"] }, [[]]],
  ["a cycle back to the root", { root: ["a"], a: ["b"], b: ["root", "a"] }, [[[]]]],
  ["a manifest below two others", { root: ["a", "b"], a: ["c"], b: ["c"] }, [[[]], []]],
] as const) {
  test(`referrerTree: ${what}`, async () => {
    const store = storeOf((name) => (edges as Record<string, readonly string[]>)[name] ?? []);
    expect(shape(await referrerTree(store, node("root")))).toEqual(expected);
  });
}

test("referrerTree: a chain without end is refused at the depth limit", async () => {
  const store = storeOf((name) => [`${name}x`]);
  await expect(referrerTree(store, node("root"))).rejects.toMatchObject({ code: "LIMIT_EXCEEDED" });
  expect(store.asked).toBe(graphDepthLimit + 1);
});

test("referrerTree: an endless list is refused", async () => {
  let count = 0;
  const store = storeOf((name) => {
    if (name !== "root") return [];
    return {
      *[Symbol.iterator]() {
        for (;;) yield `n${count++}`;
      },
    } as unknown as readonly string[];
  });
  await expect(referrerTree(store, node("root"))).rejects.toMatchObject({ code: "LIMIT_EXCEEDED" });
});

test("successors: the subject first, then what must be there before", () => {
  const subject = node("subject");
  const { manifest, blobs } = seededArtifact(1, { subject });
  expect(successors(manifest).map(({ digest }) => digest)).toEqual([
    subject.digest,
    ...blobs.map(({ descriptor }) => descriptor.digest),
  ]);
  const index = indexOf([node("a"), node("b")]);
  expect(successors(index).map(({ digest }) => digest)).toEqual([node("a").digest, node("b").digest]);
});
