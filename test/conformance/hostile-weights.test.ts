import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { scanContent } from "../../src/evidence/scan/content-scan.ts";
import { ScanContext } from "../../src/evidence/scan/context.ts";
import { findSecrets } from "../../src/evidence/scan/secrets.ts";
import { ScanFindings } from "../../src/evidence/scan/verdict.ts";
import { ModelError } from "../../src/model/errors.ts";
import { describeWeights } from "../../src/model/formats/describe.ts";
import { chatTemplatesOf, templateRisks } from "../../src/model/inspect/chat-template.ts";
import { licenseOf } from "../../src/model/inspect/license-name.ts";
import { readMlflowModel } from "../../src/model/inspect/mlmodel.ts";
import { remoteCodeOf } from "../../src/model/inspect/remote-code.ts";
import { bytesReader, type RangeReader } from "../../src/model/weights/range-reader.ts";
import { readWeightsHeader } from "../../src/model/weights/weights-header.ts";
import { samples } from "../support/formats/samples.ts";

/** Times the length of a file, and some: what a parser may read of it. A loop reads without end long before. */
const readTimes = 64;
const freeBytes = 4 * 1024 * 1024;

/** Fails a parser that goes over its input again and again, or asks for what is not there. */
function boundedReader(bytes: Uint8Array): RangeReader {
  const reader = bytesReader(bytes);
  let left = freeBytes + readTimes * bytes.byteLength;
  return {
    size: bytes.byteLength,
    read: (offset, length) => {
      left -= length;
      if (left < 0 || length < 0 || offset < 0 || offset + length > bytes.byteLength) {
        throw new Error(`read ${length} at ${offset} of ${bytes.byteLength}, ${left} left`);
      }
      return reader.read(offset, length);
    },
  };
}

/** Looks into and judges a file; throws what is neither a value nor a typed error. */
async function tryAll(path: string, bytes: Uint8Array): Promise<void> {
  for (const look of [readWeightsHeader, describeWeights]) {
    await look(boundedReader(bytes), path).catch((error: unknown) => {
      if (!(error instanceof ModelError)) throw error;
      expect(error.message.length).toBeLessThan(2_000);
    });
  }
  const findings = new ScanFindings();
  const context = new ScanContext(new Map([[path, bytes.byteLength]]));
  expect(await scanContent({ read: boundedReader(bytes), path, depth: 0, context }, findings)).not.toBe("");
  expect(["safe", "suspicious", "dangerous", "unscannable"]).toContain(findings.verdict);
}

/** The file cut off, with bits flipped, with a number replaced by one that is too large, or with a piece repeated. */
function broken(bytes: Uint8Array): fc.Arbitrary<Uint8Array> {
  const copy = (change: (buffer: Buffer) => void) => {
    const buffer = Buffer.from(bytes);
    change(buffer);
    return buffer;
  };
  const place = fc.nat(Math.max(0, bytes.byteLength - 9));
  return fc.oneof(
    fc.nat(bytes.byteLength).map((end) => bytes.subarray(0, end)),
    fc.array(fc.nat(bytes.byteLength * 8 - 1), { minLength: 1, maxLength: 4 }).map((bits) =>
      copy((buffer) => {
        for (const bit of bits) buffer[bit >> 3] = (buffer[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      }),
    ),
    fc
      .tuple(place, fc.constantFrom(0, 1, 0x7fffffff, 0xffffffff))
      .map(([at, value]) => copy((buffer) => buffer.writeUInt32LE(value, Math.min(at, buffer.length - 4)))),
    fc.tuple(place, place).map(([start, end]) => Buffer.concat([bytes.subarray(0, end), bytes.subarray(start)])),
  );
}

describe("weights that somebody has broken", () => {
  it.each(Object.entries(samples))(
    "%s: ends in a value or a typed error, having read a bounded part",
    async (path, bytes) => {
      await tryAll(path, bytes);
      await fc.assert(
        fc.asyncProperty(broken(bytes), (changed) => tryAll(path, changed)),
        { numRuns: 60 },
      );
    },
  );

  it("any bytes under any name, and one format under the name of another", async () => {
    const any = fc.oneof(fc.uint8Array({ maxLength: 200 }), fc.constantFrom(...Object.values(samples)));
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...Object.keys(samples)), any, (path, bytes) => tryAll(path, bytes)),
      { numRuns: 200 },
    );
  });
});

describe("texts that somebody has written", () => {
  const paths = fc.constantFrom("config.json", "tokenizer_config.json", "x.jinja", "MLmodel", "LICENSE");
  const pieces = fc.constantFrom(
    ...[
      '{"auto_map":',
      '"chat_template":[',
      "{{",
      "__class__",
      "{%",
      "a:",
      "\n  ",
      "[",
      "&a [*a,",
      "eyJ",
      "sk-",
      "://",
      "'_' ~",
      "---\n",
      "SPDX-License-Identifier: ",
    ],
  );
  const text = fc
    .array(fc.oneof(pieces, fc.string({ maxLength: 20 })), { maxLength: 40 })
    .map((parts) => parts.join(""));

  it("are read, or tell nothing", async () => {
    await fc.assert(
      fc.asyncProperty(paths, text, async (path, content) => {
        for (const { template } of chatTemplatesOf(path, content)) templateRisks(template);
        remoteCodeOf(path, content);
        findSecrets(content);
        licenseOf(content);
        await readMlflowModel(path, content);
      }),
      { numRuns: 300 },
    );
  });

  it.each([
    '"',
    "a",
    "-",
    "eyJa.",
    "-eyJaaaaaaaaaa",
    "sk-",
    "a://a:",
    " ",
    "'_'",
    "{%",
    "\\x5",
    "__",
    "redistribution and use in source and binary forms ",
  ])("take time in proportion to their length: %j over and over", (piece) => {
    const long = piece.repeat(Math.ceil((1 << 20) / piece.length));
    // Quadratic patterns would take hours, and the test's own limit ends them.
    templateRisks(long);
    findSecrets(long);
    licenseOf(long);
    remoteCodeOf("MLmodel", long);
  });
});
