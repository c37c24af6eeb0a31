import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type ZipMember, zipOf } from "../../../test/support/zip.ts";
import { bytesReader } from "../../model/weights/range-reader.ts";
import { scanContent } from "./content-scan.ts";
import { ScanFindings } from "./verdict.ts";

async function judge(bytes: Uint8Array, path = "model.pt") {
  const findings = new ScanFindings();
  const detail = await scanContent({ read: bytesReader(bytes), path, depth: 0 }, findings);
  return { verdict: findings.verdict, detail, list: findings.list };
}

const harm = "\x80\x04\x8c\x05posix\x8c\x06system\x93\x8c\x01x\x85R.";
const data: ZipMember = { name: "m/data.pkl", content: "\x80\x02]q\x00." };
const storage: ZipMember = { name: "m/data/0", content: harm };
const version: ZipMember = { name: "m/version", content: "3\n" };
const good = [data, storage, version];

describe("scan of zip archives", () => {
  it("passes what torch.save writes, whatever bytes its tensors have", async () => {
    expect(await judge(zipOf(good))).toEqual({ verdict: "safe", detail: "pytorch archive, 3 members", list: [] });
  });

  it.each<[string, readonly ZipMember[], string]>([
    ["a harmful data.pkl", [{ ...data, content: harm }, storage], "dangerous"],
    ["one that is compressed", [{ ...data, content: harm, deflated: true }], "dangerous"],
    ["one of another root", [...good, { name: "n/data.pkl", content: harm }], "dangerous"],
    ["a pickle under any name", [...good, { name: "m/notes.md", content: harm }], "dangerous"],
    ["a compressed tensor, which is none", [data, { ...storage, deflated: true }], "dangerous"],
    [
      "an archive in an archive",
      [...good, { name: "in.zip", content: zipOf([{ name: "x", content: harm }]) }],
      "dangerous",
    ],
    ["a directory with content", [...good, { name: "m/extra/", content: harm }], "dangerous"],
    ["a wrong checksum in front of harm", [{ ...data, content: harm, crc: 1 }], "dangerous"],
    ["harm marked as encrypted", [{ ...data, content: harm, flags: 1 }], "dangerous"],
    ["a wrong checksum", [{ ...data, crc: 1 }, version], "suspicious"],
    ["a mark of encryption", [{ ...data, flags: 1 }, version], "suspicious"],
    ["another name in the local header", [{ ...data, localName: "m/data.txt" }, version], "suspicious"],
    ["two members of one name", [data, data], "suspicious"],
    ["bytes between members", [{ ...data, gap: 30 }, version], "suspicious"],
    ["code", [...good, { name: "m/code/a.py", content: "import os" }], "suspicious"],
    ["a way out", [...good, { name: "../a.txt", content: "a" }], "suspicious"],
    ["no local header", [{ ...data, localSignature: "XXXX" }, version], "unscannable"],
  ])("judges %s", async (_, members, verdict) => {
    expect((await judge(zipOf(members))).verdict).toBe(verdict);
  });

  it("sees the archive behind and before other bytes", async () => {
    const archive = zipOf([{ ...data, content: harm }]);
    expect((await judge(Buffer.concat([Buffer.alloc(100), archive]))).verdict).toBe("dangerous");
    expect((await judge(Buffer.concat([archive, Buffer.alloc(100)]))).verdict).toBe("dangerous");
    expect((await judge(Buffer.concat([zipOf(good), Buffer.alloc(100)]))).verdict).toBe("suspicious");
  });

  it("does not follow archives without end, nor inflate without end", async () => {
    let nested = zipOf([{ name: "x", content: harm }]);
    for (let depth = 0; depth < 8; depth++) nested = zipOf([{ name: "x.zip", content: nested }]);
    expect((await judge(nested)).verdict).toBe("unscannable");
    const bomb = zipOf([{ ...data, content: new Uint8Array(65 * 1024 * 1024), deflated: true }]);
    expect((await judge(bomb)).verdict).toBe("unscannable");
  });

  it("ends in a verdict for any cut or flipped bits, and never in safe for harm that is cut", async () => {
    const archive = zipOf([{ ...data, content: harm }, version]);
    const flips = fc.array(fc.nat(archive.length * 8 - 1), { minLength: 1, maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(flips, fc.nat(archive.length - 1), async (bits, end) => {
        expect((await judge(archive.subarray(0, end))).verdict).not.toBe("safe");
        const copy = Buffer.from(archive);
        for (const bit of bits) copy[bit >> 3] = (copy[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        expect((await judge(copy)).verdict).not.toBe("safe");
      }),
      { numRuns: 400 },
    );
  });
});
