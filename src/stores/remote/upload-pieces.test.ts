import { describe, expect, it } from "vitest";
import { bytesOf, rejectsWith } from "../../../test/support/expect.ts";
import { lyingSource, seededBlob, seededBytes, slowSource } from "../../../test/support/fixtures.ts";
import {
  type FaultAction,
  openRemote,
  type RegistryOptions,
  timeoutsFor,
} from "../../../test/support/registry/index.ts";
import type { UploadQuirks } from "../../../test/support/registry/options.ts";
import type { BlobSource } from "../../oci/source.ts";
import type { RemoteOptions } from "./options.ts";

const mebibyte = 1024 * 1024;
const size = 3 * mebibyte + 5;
const blob = seededBlob(1, size);
const always = Number.POSITIVE_INFINITY;

/** Where the source was opened, and what the caller was told of sent bytes. */
function watched(source: BlobSource = blob) {
  const offsets: number[] = [];
  let sent = 0;
  const open = (offset = 0) => {
    offsets.push(offset);
    return source.open(offset);
  };
  return {
    offsets,
    sent: () => sent,
    source: { descriptor: source.descriptor, open },
    options: { onBytes: (count: number) => (sent += count) },
  };
}

/** Pushes the blob, reads it back, and tells what it took. */
async function pushed(registry: RegistryOptions, remote: Partial<RemoteOptions> = {}) {
  const opened = await openRemote(registry, remote);
  const watch = watched();
  await opened.repository.push(watch.source, watch.options);
  expect((await bytesOf(opened.repository.fetch(blob.descriptor))).equals(seededBytes(1, size))).toBe(true);
  expect(watch.sent()).toBe(size);
  const routes = opened.server.requests.flatMap(({ route }) => (route?.startsWith("upload.") ? [route] : []));
  const ranges = opened.server.requests.flatMap(({ headers }) => headers["content-range"] ?? []);
  return { ...opened, ...watch, routes, ranges };
}

const patch = (count: number) => Array.from({ length: count }, () => "upload.patch");

describe("upload in pieces", () => {
  it("when asked: PATCH with a bare Content-Range, one reading of the source, an empty PUT, and a look at the result", async () => {
    const { server, routes, ranges, offsets } = await pushed({}, { chunkBytes: mebibyte });
    expect(routes).toEqual(["upload.post", ...patch(4), "upload.put"]);
    expect(ranges).toEqual(["0-1048575", "1048576-2097151", "2097152-3145727", "3145728-3145732"]);
    expect(offsets).toEqual([0]);
    expect(server.requests.find(({ route }) => route === "upload.put")?.headers["content-length"]).toBe("0");
    expect(server.count("blob.head")).toBe(2);
  });

  it("is still one PUT for blobs no longer than a piece", async () => {
    const { routes } = await pushed({}, { chunkBytes: size });
    expect(routes).toEqual(["upload.post", "upload.put"]);
  });

  it("takes up to 10,000 pieces, whatever was asked for", async () => {
    const { repository, server } = await openRemote({}, { chunkBytes: 1 });
    await repository.push(seededBlob(1, 20_001));
    expect(server.count("upload.patch")).toBe(6_667);
  });

  it("reads a Location off /v2, a Range with a prefix, and 201 where 202 is specified", async () => {
    const { routes } = await pushed({ uploads: { offV2: true, rangePrefix: true } }, { chunkBytes: mebibyte });
    expect(routes).toEqual(["upload.post", ...patch(4), "upload.put"]);
  });

  for (const [what, uploads, chunkBytes, pieces] of [
    ["a maximum that the registry names", { chunkMaxBytes: mebibyte }, undefined, 4],
    ["a maximum below what was asked for", { chunkMaxBytes: mebibyte }, 2 * mebibyte, 4],
    ["a minimum above what was asked for", { chunkMinBytes: 2 * mebibyte }, mebibyte, 2],
    ["a minimum longer than the blob, in one PUT", { chunkMinBytes: 999_999_999_999_999 }, mebibyte, 0],
    ["a maximum of nothing, which is none", { chunkMaxBytes: 0 }, 2 * mebibyte, 0],
  ] as const) {
    it(`honours ${what}`, async () => {
      if (pieces === 0 && "chunkMaxBytes" in uploads) {
        const { repository } = await openRemote({
          faults: [{ route: "upload.post", action: { kind: "headers", headers: { "oci-chunk-max-length": "0" } } }],
        });
        await repository.push(blob);
        return;
      }
      const { routes } = await pushed({ uploads }, chunkBytes === undefined ? {} : { chunkBytes });
      expect(routes).toEqual(["upload.post", ...patch(pieces), "upload.put"]);
    });
  }

  it("refuses a maximum that would take more than 10,000 requests", async () => {
    const { repository, server } = await openRemote({ uploads: { chunkMaxBytes: 100 } });
    await rejectsWith(repository.push(blob), "BAD_RESPONSE");
    expect(server.count("upload.patch")).toBe(0);
    expect(server.count("upload.delete")).toBe(1);
  });

  it("follows 413, and the next blob of the repository need not be refused first", async () => {
    const { repository, server } = await openRemote({ bodyLimitBytes: mebibyte });
    await repository.push(blob);
    const routes = server.requests.flatMap(({ route }) => (route?.startsWith("upload.") ? [route] : []));
    expect(routes).toEqual(["upload.post", "upload.put", "upload.delete", "upload.post", ...patch(4), "upload.put"]);
    await repository.push(seededBlob(2, 2 * mebibyte));
    expect(server.count("upload.put")).toBe(3);
    await repository.push(seededBlob(3, mebibyte));
    expect(server.count("upload.patch")).toBe(6);
  });

  it("is one PATCH for a short blob whose PUT was refused", async () => {
    const { repository, server } = await openRemote({ chunkOnly: true });
    await repository.push(seededBlob(1, 1_000));
    expect(server.count("upload.patch")).toBe(1);
  });

  it("can be one byte, of which a registry says the same as of none", async () => {
    const { repository, server } = await openRemote({ chunkOnly: true });
    await repository.push(seededBlob(1, 1));
    expect(server.count("upload.patch")).toBe(1);
  });

  it("becomes one PUT where a registry that has all pieces so far refuses the next", async () => {
    const faults = [
      { route: "upload.patch", action: { kind: "answer", status: 416 }, skip: 1, times: always } as const,
    ];
    const { routes } = await pushed({ faults }, { chunkBytes: mebibyte });
    expect(routes).toEqual(["upload.post", ...patch(2), "upload.get", "upload.delete", "upload.post", "upload.put"]);
  });

  it("gives up on a registry that takes no length at all, after a few requests", async () => {
    const { repository, server } = await openRemote({ bodyLimitBytes: 10 });
    await rejectsWith(repository.push(blob), "BAD_RESPONSE");
    expect(server.requests.length).toBeLessThan(20);
    expect(server.state.open(repository.name).uploads.size).toBe(0);
  });

  it("does not cut shorter what is refused after a first piece: the blob as a whole is too long", async () => {
    const { repository, server } = await openRemote(
      { faults: [{ route: "upload.patch", action: { kind: "answer", status: 413 }, skip: 1, times: always }] },
      { chunkBytes: mebibyte },
    );
    await rejectsWith(repository.push(blob), "BAD_RESPONSE");
    expect(server.count("upload.patch")).toBe(2);
  });

  const unkept: readonly (readonly [string, UploadQuirks, number])[] = [
    ["takes no PATCH (GAR)", { noPatch: true, offV2: true }, 1],
    ["takes only short PATCHes (GHCR)", { patchLimitBytes: 1_000 }, 1],
    ["drops all but the first (ECR)", { losesLaterPatches: true }, 2],
    ["keeps only the last (Artifactory)", { keepsLastPatch: true }, 4],
  ];
  for (const [what, uploads, patches] of unkept) {
    it(`becomes one PUT where the registry ${what}, and stays that`, async () => {
      const { repository, server, routes } = await pushed({ uploads }, { chunkBytes: mebibyte });
      expect(routes.filter((route) => route === "upload.patch")).toHaveLength(patches);
      await repository.push(seededBlob(2, 2 * mebibyte));
      expect(server.count("upload.patch")).toBe(patches);
    });
  }

  it("is an error where pieces do not stay and the whole is refused", async () => {
    const { repository } = await openRemote({ bodyLimitBytes: mebibyte, uploads: { losesLaterPatches: true } });
    await rejectsWith(repository.push(blob), "BAD_RESPONSE");
    expect(await repository.exists(blob.descriptor)).toBe(false);
  });

  for (const [what, bytes, code] of [
    ["other bytes", seededBytes(2, size), "DIGEST_MISMATCH"],
    ["too few bytes", seededBytes(1, size).subarray(0, size - 1), "SIZE_MISMATCH"],
    ["too many bytes", Buffer.concat([seededBytes(1, size), seededBytes(1, 1)]), "TRAILING_DATA"],
  ] as const) {
    it(`leaves the last piece incomplete when the source has ${what}, and cancels`, async () => {
      const { repository, server } = await openRemote({ noDigestCheck: true }, { chunkBytes: mebibyte });
      await rejectsWith(repository.push(lyingSource(blob.descriptor, bytes)), code);
      expect(server.count("upload.put")).toBe(0);
      expect(server.state.open(repository.name).blobs.size).toBe(0);
      expect(server.state.open(repository.name).uploads.size).toBe(0);
    });
  }

  it("refuses a Location on another host between pieces", async () => {
    const location = "http://127.0.0.2:1/v2/x?secret=1";
    const { repository, server } = await openRemote(
      { faults: [{ route: "upload.patch", action: { kind: "headers", headers: { location } } }] },
      { chunkBytes: mebibyte },
    );
    const error = await rejectsWith(repository.push(blob), "REDIRECT_REFUSED");
    expect(error.message).not.toContain("secret");
    expect(server.count("upload.patch")).toBe(1);
  });

  it("refuses a registry that has more than it was sent", async () => {
    const { repository } = await openRemote(
      { faults: [{ route: "upload.patch", action: { kind: "headers", headers: { range: "0-9999999" } } }] },
      { chunkBytes: mebibyte },
    );
    await rejectsWith(repository.push(blob), "BAD_RESPONSE");
  });

  it("becomes one PUT where the registry takes a byte of each piece", async () => {
    const action = { kind: "headers", headers: { range: "0-{n}" } } as const;
    const faults = [{ route: "upload.patch", action, times: always } as const];
    const { server } = await pushed({ faults, uploads: { takesAnyRange: true } }, { chunkBytes: mebibyte });
    expect(server.count("upload.patch")).toBe(101);
  });

  it("starts over when the session of a first piece has vanished", async () => {
    const body = JSON.stringify({ errors: [{ code: "BLOB_UPLOAD_UNKNOWN" }] });
    const faults = [{ route: "upload.patch", action: { kind: "answer", status: 404, body } } as const];
    const { routes } = await pushed({ faults }, { chunkBytes: mebibyte });
    expect(routes.filter((route) => route === "upload.patch")).toHaveLength(5);
  });

  it("sends again what the registry did not take of a piece", async () => {
    const { repository, server } = await openRemote({ uploads: { cut: "keep" } }, { chunkBytes: 2 * mebibyte });
    const cut: FaultAction = { kind: "interrupt", afterBytes: mebibyte, outcome: 500 };
    server.addFault({ route: "upload.patch", action: cut });
    await repository.push(blob);
    expect((await bytesOf(repository.fetch(blob.descriptor))).byteLength).toBe(size);
    expect(server.count("upload.post")).toBe(1);
  });
});

describe("resume of an upload", () => {
  const cuts: readonly (readonly [string, FaultAction])[] = [
    ["a reset", { kind: "interrupt", afterBytes: 2 * mebibyte, outcome: "reset" }],
    ["a stall", { kind: "interrupt", afterBytes: 2 * mebibyte, outcome: "stall" }],
    ["a 503", { kind: "interrupt", afterBytes: 2 * mebibyte, outcome: 503 }],
    ["a 401", { kind: "interrupt", afterBytes: 2 * mebibyte, outcome: 401 }],
  ];
  for (const [what, action] of cuts) {
    it(`goes on where ${what} ended a PUT, from the source opened there`, async () => {
      const faults = [{ route: "upload.put", action } as const];
      const { server, routes, offsets } = await pushed(
        { faults, uploads: { cut: "keep" } },
        { timeouts: timeoutsFor(action) },
      );
      expect(routes).toEqual(["upload.post", "upload.put", "upload.get", "upload.patch", "upload.put"]);
      expect(offsets).toHaveLength(2);
      expect(offsets[1]).toBeGreaterThanOrEqual(2 * mebibyte);
      expect(server.requests.find(({ route }) => route === "upload.patch")?.headers["content-range"]).toBe(
        `${offsets[1]}-${size - 1}`,
      );
    });
  }

  it("reads how much has arrived also with a prefix, as from Quay", async () => {
    const faults = [
      { route: "upload.put", action: { kind: "interrupt", afterBytes: mebibyte, outcome: "reset" } } as const,
    ];
    const { server } = await pushed({ faults, uploads: { cut: "keep", rangePrefix: true } });
    expect(server.count("upload.post")).toBe(1);
  });

  it("closes the upload when only the answer to the last bytes got lost", async () => {
    const faults = [{ route: "upload.patch", action: { kind: "lose answer" }, skip: 3 } as const];
    const { routes } = await pushed({ faults }, { chunkBytes: mebibyte });
    expect(routes).toEqual(["upload.post", ...patch(4), "upload.get", "upload.put"]);
  });

  it("survives an interruption of every piece", async () => {
    const faults = [
      {
        route: "upload.patch",
        action: { kind: "interrupt", afterBytes: 100_000, outcome: "reset" },
        times: 12,
      } as const,
    ];
    const { server, routes } = await pushed({ faults, uploads: { cut: "keep" } }, { chunkBytes: mebibyte });
    expect(server.count("upload.post")).toBe(1);
    expect(routes.filter((route) => route === "upload.get")).toHaveLength(12);
  });

  const restarts: readonly (readonly [string, UploadQuirks])[] = [
    ["has destroyed the session (zot)", { cut: "destroy" }],
    ["destroys it when asked with a stale state (docker-registry 2.8)", { cut: "keep", staleIsFatal: true }],
    ["has forgotten what arrived", { cut: "forget" }],
    ["cannot say how far it is (crane)", { cut: "keep", noStatus: true }],
  ];
  for (const [what, uploads] of restarts) {
    it(`starts over where the registry ${what}`, async () => {
      const action = { kind: "interrupt", afterBytes: 2 * mebibyte, outcome: "reset" } as const;
      const { server, offsets } = await pushed({ uploads, faults: [{ route: "upload.put", action }] });
      expect(server.count("upload.post")).toBe(2);
      expect(server.count("upload.put")).toBe(2);
      expect(offsets).toEqual([0, 0]);
    });

    it(`starts over in the middle of pieces where the registry ${what}`, async () => {
      const action = { kind: "interrupt", afterBytes: mebibyte / 2, outcome: "reset" } as const;
      const faults = [{ route: "upload.patch", action, skip: 1 } as const];
      await pushed({ uploads, faults }, { chunkBytes: mebibyte });
    });
  }

  it("starts over when the registry claims to have bytes that it has not", async () => {
    const { repository, server } = await openRemote({
      faults: [
        { route: "upload.put", action: { kind: "answer", status: 503 } },
        { route: "upload.get", action: { kind: "headers", headers: { range: `0-${size - 1}` } } },
      ],
    });
    await repository.push(blob);
    expect(server.count("upload.post")).toBe(2);
    expect((await bytesOf(repository.fetch(blob.descriptor))).byteLength).toBe(size);
  });

  it("starts over when the registry claims to have bytes that nobody has read yet", async () => {
    const { repository, server } = await openRemote({
      faults: [
        { route: "upload.put", action: { kind: "interrupt", afterBytes: 100_000, outcome: 503 } },
        { route: "upload.get", action: { kind: "headers", headers: { range: `0-${size - 2}` } } },
      ],
    });
    const step = () => new Promise<void>((resolve) => setTimeout(resolve, 10));
    await repository.push(slowSource(blob, 100_000, step));
    expect(server.count("upload.post")).toBe(2);
    expect(server.count("upload.patch")).toBe(0);
  });

  it("ends on a registry that takes nothing more", async () => {
    const action = { kind: "interrupt", afterBytes: 1_000, outcome: "reset" } as const;
    const { repository, server } = await openRemote(
      { faults: [{ route: "upload.patch", action, times: always }] },
      { chunkBytes: mebibyte },
    );
    await rejectsWith(repository.push(blob), "NETWORK");
    expect(server.count("upload.patch")).toBeLessThanOrEqual(4);
    expect(server.count("upload.delete")).toBe(1);
  });
});

describe("cancellation of an upload", () => {
  for (const chunkBytes of [size, mebibyte]) {
    it(`tells the registry when the caller aborts, with pieces of ${chunkBytes} bytes`, async () => {
      const { repository, server } = await openRemote({}, { chunkBytes });
      const stop = new AbortController();
      const reason = new Error("enough");
      let taken = 0;
      const source = slowSource(blob, 500_000, () => {
        if (++taken === 5) stop.abort(reason);
      });
      await expect(repository.push(source, { signal: stop.signal })).rejects.toBe(reason);
      expect(server.count("upload.delete")).toBe(1);
      expect(server.state.open(repository.name).uploads.size).toBe(0);
    });
  }

  it("does not wait for a registry that does not answer it", async () => {
    const faults = [
      { route: "upload.put", action: { kind: "answer", status: 403 } } as const,
      { route: "upload.delete", action: { kind: "stall", afterBytes: -1 }, times: always } as const,
    ];
    const { repository, server } = await openRemote({ faults }, { timeouts: { responseMs: 600_000 } });
    await rejectsWith(repository.push(blob), "DENIED");
    expect(server.count("upload.delete")).toBe(1);
  });
});
