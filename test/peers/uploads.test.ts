import { randomBytes } from "node:crypto";
import { expect, onTestFinished, test } from "vitest";
import { RemoteRegistry } from "../../src/stores/remote/index.ts";
import { bytesOf } from "../support/expect.ts";
import { seededBlob, seededBytes } from "../support/fixtures.ts";
import { startCuttingProxy } from "./support/cutting-proxy.ts";
import { onRegistries } from "./support/on-registries.ts";
import type { RegistryName } from "./support/start-registry.ts";

const mebibyte = 1024 * 1024;
const size = 8 * mebibyte + 3;

/**
 * Uploads that each registry has to be asked to open when a connection breaks off in the middle of one: 1 where it
 * tells how much has arrived and takes the rest, 2 where it has thrown everything away (reference/registries.md §5).
 */
const sessions: Record<RegistryName, number> = {
  "docker-registry": 2,
  distribution: 1,
  olareg: 1,
  zot: 2,
  "zot-1.4": 2,
};

/** It answers each piece with the length of that piece alone, which is what a registry says that drops the others. */
const countsPiecesWrong: readonly RegistryName[] = ["zot-1.4"];

onRegistries((host, name) => {
  async function through(chunkBytes?: number) {
    const proxy = await startCuttingProxy(host());
    const registry = new RemoteRegistry({
      host: proxy.host,
      retry: { minDelayMs: 50, maxDelayMs: 200 },
      ...(chunkBytes === undefined ? {} : { chunkBytes }),
    });
    onTestFinished(async () => {
      await registry.close();
      await proxy.close();
    });
    const repository = registry.repository(`uploads/t-${randomBytes(6).toString("hex")}`);
    const counted = (method: string) => proxy.methods.filter((each) => each === method).length;
    return { proxy, repository, counted };
  }

  test("takes a blob in pieces", async () => {
    const { repository, counted } = await through(3 * mebibyte);
    await repository.push(seededBlob(1, size));
    expect((await bytesOf(repository.fetch(seededBlob(1, size).descriptor))).equals(seededBytes(1, size))).toBe(true);
    const requests = [counted("POST"), counted("PATCH"), counted("PUT")];
    // The second piece is the last then, and all of it goes in one PUT after all.
    expect(requests).toEqual(countsPiecesWrong.includes(name) ? [2, 2, 1] : [1, 3, 1]);
  });

  for (const [what, chunkBytes] of [
    ["in one PUT", undefined],
    ["in pieces", 5 * mebibyte],
  ] as const) {
    test(`gets all of a blob sent ${what} whose connection breaks off, and says where it stopped if it can`, async () => {
      const { proxy, repository, counted } = await through(chunkBytes);
      let sent = 0;
      proxy.cutAfter(2 * mebibyte);
      await repository.push(seededBlob(2, size), { onBytes: (count) => (sent += count) });
      expect((await bytesOf(repository.fetch(seededBlob(2, size).descriptor))).equals(seededBytes(2, size))).toBe(true);
      expect(sent).toBe(size);
      const started = chunkBytes !== undefined && countsPiecesWrong.includes(name) ? 1 : 0;
      expect(counted("POST")).toBe(sessions[name] + started);
    });
  }

  test("forgets an upload that is aborted", async () => {
    const { repository, counted } = await through(mebibyte);
    const stop = new AbortController();
    const reason = new Error("enough");
    const pushing = repository.push(seededBlob(3, size), {
      signal: stop.signal,
      onBytes: () => stop.abort(reason),
    });
    await expect(pushing).rejects.toBe(reason);
    expect(counted("DELETE")).toBe(1);
    expect(await repository.exists(seededBlob(3, size).descriptor)).toBe(false);
  });
});
