import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { scratchDirectory } from "../../../test/support/scratch.ts";
import type { RangeReceiver } from "../../oci/content.ts";
import type { Descriptor } from "../../oci/descriptor.ts";
import { MemoryRegistry, type MemoryRepository } from "../../stores/memory/index.ts";
import { buildModel } from "../push/build.ts";
import { uploadModel } from "../push/upload.ts";
import { pullModel } from "./pull.ts";

async function pushFiles(files: Readonly<Record<string, Uint8Array>>, store: MemoryRepository): Promise<Descriptor> {
  const from = await scratchDirectory();
  for (const [path, content] of Object.entries(files)) await writeFile(join(from, path), content);
  const artifact = await buildModel({ paths: [from], name: "m" });
  await uploadModel(store, artifact);
  return artifact.manifest.descriptor;
}

describe("pull: a long file", () => {
  const size = 33 * 1024 * 1024;
  const bytes = Buffer.from(Float64Array.from({ length: size / 8 }, (_, index) => index * 1.1).buffer);

  /** A store that gives parts, until so many bytes have come; it counts them. */
  function withParts(store: MemoryRepository, limit = Number.POSITIVE_INFINITY) {
    const given = { bytes: 0 };
    const receive: RangeReceiver["receive"] = async (target, range, sink) => {
      for await (const chunk of store.fetchRange(target, range)) {
        for (let at = 0; at < chunk.byteLength; ) {
          if (given.bytes >= limit) throw new Error("connection lost");
          const room = sink.room();
          const count = Math.min(room.byteLength, chunk.byteLength - at);
          room.set(chunk.subarray(at, at + count));
          at += count;
          given.bytes += count;
          if (!sink.filled(count)) return;
        }
      }
    };
    return Object.assign(Object.create(store) as MemoryRepository, {
      given,
      receive,
      fetch: store.fetch.bind(store),
      referrers: store.referrers.bind(store),
    });
  }

  async function pushLong(paths: readonly string[]) {
    const store = new MemoryRegistry().repository("m");
    return { store, target: await pushFiles(Object.fromEntries(paths.map((path) => [path, bytes])), store) };
  }

  test("that was interrupted goes on where it ended", async () => {
    const { store, target } = await pushLong(["w.bin"]);
    const to = join(await scratchDirectory(), "out");
    await expect(pullModel(withParts(store, size * 0.6), target, to)).rejects.toThrow("connection lost");
    expect(await readdir(to)).toEqual([".mreg-pull"]);
    const rest = withParts(store);
    const { received, resumed, reused } = await pullModel(rest, target, to);
    expect({ received, sum: received + resumed, reused }).toEqual({ received: rest.given.bytes, sum: size, reused: 0 });
    expect(received).toBeLessThan(size * 0.42);
    expect(await readdir(to)).toEqual(["w.bin"]);
    expect((await readFile(join(to, "w.bin"))).equals(bytes)).toBe(true);
  });

  test("that was interrupted is forgotten when another model is pulled", async () => {
    const { store, target } = await pushLong(["w.bin"]);
    const to = await scratchDirectory();
    await expect(pullModel(withParts(store, size * 0.6), target, to)).rejects.toThrow("connection lost");
    const other = await pushFiles({ "a.json": Buffer.from("a") }, store);
    await pullModel(store, other, to);
    expect(await readdir(to)).toEqual(["a.json"]);
  });

  test("under two names is fetched once", async () => {
    const { store, target } = await pushLong(["v.bin", "w.bin"]);
    const to = await scratchDirectory();
    const parts = withParts(store);
    expect(await pullModel(parts, target, to)).toMatchObject({ received: size, reused: size, warnings: [] });
    expect(parts.given.bytes).toBe(size);
    for (const name of ["v.bin", "w.bin"]) expect((await readFile(join(to, name))).equals(bytes)).toBe(true);
  });

  test("is fetched by one of two pulls into a directory, and found by the other", async () => {
    const { store, target } = await pushLong(["w.bin"]);
    const to = join(await scratchDirectory(), "out");
    const results = await Promise.all([1, 2].map(() => pullModel(withParts(store), target, to)));
    expect(results.map(({ received }) => received).sort()).toEqual([0, size]);
    expect(await readdir(to)).toEqual(["w.bin"]);
  });
});
