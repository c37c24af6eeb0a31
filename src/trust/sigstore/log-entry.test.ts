import { describe, expect, it } from "vitest";
import {
  type Entry,
  editBody,
  entryOf,
  type Json,
  judge,
  make,
  nothing,
  refuses,
  shareSigstore,
} from "../../../test/support/keyless-attack.ts";
import { pushedModel } from "../../../test/support/trust.ts";

shareSigstore();

describe("log entries", () => {
  it("CVE-2022-36056, CVE-2026-22703, GHSA-fx35-mq7g-6g98: another signature's entry does not do", () =>
    refuses(async (json, model) => {
      json.verificationMaterial.tlogEntries = (await make(model)).verificationMaterial.tlogEntries!;
    }));

  it("CVE-2026-22703: nor does one that holds another key", () =>
    refuses(
      (json) =>
        editBody(entryOf(json), ({ spec }) => {
          const [signature] = (spec as unknown as { signatures: [{ verifier: string }] }).signatures;
          signature.verifier = Buffer.from("-----BEGIN PUBLIC KEY-----\n").toString("base64");
        }),
      { message: /key/ },
    ));

  it.each<[string, (entry: Entry) => void]>([
    ["its body", (entry) => editBody(entry, (body) => Object.assign(body, { more: 1 }))],
    ["its promise", (entry) => (entry.inclusionPromise = { signedEntryTimestamp: "MEUCIQ==" })],
    ["its index", (entry) => (entry.logIndex = "7")],
    ["the index in its proof", (entry) => (entry.inclusionProof.logIndex = "1")],
    ["the size of the tree in its checkpoint", (entry) => editNote(entry, (note) => note.replace("\n1\n", "\n2\n"))],
    ["the name of the log in its checkpoint", (entry) => editNote(entry, (note) => note.replaceAll("127.0.0.1", "x"))],
    ["hashes that lead nowhere", (entry) => (entry.inclusionProof.hashes = [Buffer.alloc(32).toString("base64")])],
    ["its log", (entry) => (entry.logId.keyId = Buffer.alloc(32).toString("base64"))],
    ["its kind", (entry) => (entry.kindVersion = { kind: "intoto", version: "0.0.2" })],
    ["a kind that nobody knows", (entry) => (entry.kindVersion = { kind: "toString", version: "0.0.1" })],
    ["an index that is no number", (entry) => (entry.logIndex = "0x10")],
    ["an index that is JSON's number", (entry) => (entry.logIndex = 1)],
    ["a number beyond 64 bits", (entry) => (entry.logIndex = "9".repeat(40))],
    ["a body that is no JSON", (entry) => (entry.canonicalizedBody = Buffer.from("x").toString("base64"))],
    ["a body that is null", (entry) => (entry.canonicalizedBody = Buffer.from("null").toString("base64"))],
    ["an unknown field", (entry) => Object.assign(entry, { more: true })],
  ])("tampered: %s", (_, tamper) => refuses((json) => tamper(entryOf(json))));

  it("Rekor 2: another statement's entry, and one whose proof was cut", async () => {
    const making = { logs: [2] as const };
    await refuses(
      async (json, model) => {
        json.verificationMaterial.tlogEntries = (await make(model, making)).verificationMaterial.tlogEntries!;
      },
      { making },
    );
    await refuses((json) => void Reflect.deleteProperty(entryOf(json), "inclusionProof"), { making });
  });

  it("CVE-2026-49834: one log twice is one log", async () => {
    const repeat = (json: Json) => void json.verificationMaterial.tlogEntries?.push(entryOf(json));
    await refuses(repeat, { judging: { thresholds: { logs: 2 } } });
    const model = await pushedModel();
    const judging = { thresholds: { logs: 2, times: 2 } };
    expect(await judge(model, await make(model, { logs: [1, 2] }), judging)).toMatchObject({
      proven: { logEntries: [{}, {}] },
    });
    await refuses(nothing, { judging, message: /1 tlog|expected 2|1 distinct/ });
  });

  it("CVE-2024-45395, CVE-2024-29902: 33 entries are refused before any is looked at", () =>
    refuses(
      (json) => {
        json.verificationMaterial.tlogEntries = Array.from({ length: 33 }, () => entryOf(json));
      },
      { message: /malformed sigstore bundle/ },
    ));
});

const editNote = (entry: Entry, edit: (note: string) => string) => {
  entry.inclusionProof.checkpoint.envelope = edit(entry.inclusionProof.checkpoint.envelope);
};

describe("checkpoints that cost something", () => {
  /** Milliseconds of this process's own time, which a busy machine does not stretch. */
  async function cost(run: () => Promise<void>): Promise<number> {
    const before = process.cpuUsage();
    await run();
    const { system, user } = process.cpuUsage(before);
    return (system + user) / 1000;
  }

  it.each<[string, (note: string) => string]>([
    // sigstore-js before 4.1.2 made a pattern of the name: 107 s of CPU (reference/signing.md §0.1).
    ["a name that is a pattern", (note) => note.replace(/\u2014 \S+/, "\u2014 ((.+)+)+\\d$")],
    ["a name that is no valid pattern", (note) => note.replace(/\u2014 \S+/, "\u2014 ((")],
    ["10,000 signatures", (note) => note + (note.split("\n\n")[1] ?? "").repeat(10_000)],
    ["a name of 60,000 characters", (note) => note.replace(/\u2014 \S+/, `\u2014 ${"a".repeat(60_000)}`)],
    ["60,000 empty lines", (note) => note + "\n".repeat(60_000)],
    ["no signature, 60,000 spaces", (note) => `${note.split("\n\n")[0]}\n\n${" ".repeat(60_000)}`],
    ["a megabyte", (note) => `${note}${"x".repeat(1_000_000)}`],
  ])("%s: refused in less than 200 ms", async (_, edit) => {
    const model = await pushedModel();
    const json = await make(model);
    editNote(entryOf(json), edit);
    const milliseconds = await cost(async () => {
      expect(await judge(model, json)).toMatchObject({ code: "SIGNATURE_INVALID" });
    });
    expect(milliseconds).toBeLessThan(200);
  });
});
