import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { evalSamples } from "../../../test/support/eval/samples.ts";
import { fileOf, now } from "../../../test/support/evidence.ts";
import { mutations } from "../../../test/support/mutations.ts";
import { lintCard } from "../card-lint.ts";
import { draftEvidence } from "../draft.ts";
import { EvidenceError } from "../errors.ts";
import type { EvidenceSource } from "../evidence-file.ts";
import type { EvidenceInput, EvidenceKind } from "../evidence-input.ts";
import { unpackEvaluation } from "./eval-archive.ts";
import { evalFormats } from "./eval-formats.ts";

const told = { observedAt: "2026-11-01T00:00:00Z", suite: { name: "risk", version: "1" } };

/** Ends in a statement or in an error that says what is wrong; anything else is a bug of the reader. */
async function readsOrRefuses(
  kind: EvidenceKind,
  given: readonly EvidenceSource[],
  input: Partial<EvidenceInput> = {},
) {
  try {
    const files = kind === "eval" ? await Promise.all(given.map(unpackEvaluation)) : given;
    draftEvidence(kind, { files, now, ...input });
    return true;
  } catch (error) {
    if (error instanceof EvidenceError) return false;
    throw error;
  }
}

const card = Buffer.from(
  "---\nlicense: mit\nowners: [a, b]\nrisk_class: high\n---\n# X\n<!-- c -->\n## Limitations\n- none known yet\n```\n# no\n```\n",
);
const toolkit = Buffer.from(
  JSON.stringify({ model_details: { owners: [{ name: "a" }] }, considerations: { use_cases: [{ description: "b" }] } }),
);
const bom = Buffer.from(
  JSON.stringify({
    bomFormat: "CycloneDX",
    components: [{ licenses: [{ license: { id: "MIT" } }], modelCard: { considerations: { users: ["a"] } } }],
  }),
);
const plan = Buffer.from(
  "suite: risk\nversion: 1\nn: 10\nseeds: {random: 7}\nmetrics:\n- {task: loans, metric: auc, comparator: '>=', threshold: 0.9}\n",
);

describe("whatever the bytes of an evaluation are", () => {
  it.each(Object.entries(evalSamples))("%s: damaged files are read or refused", async (_, { files, input }) => {
    for (const [index, file] of files.entries()) {
      for (const bytes of mutations(file.bytes, 24)) {
        await readsOrRefuses("eval", files.with(index, { ...file, bytes }), input);
      }
    }
    expect(await readsOrRefuses("eval", files, input)).toBe(true);
  });

  const json = fc.json({ maxDepth: 5 }).map((text) => Buffer.from(text));
  const text = fc.string({ maxLength: 200 }).map((value) => Buffer.from(value));
  const anything = fc.oneof(json, text, fc.uint8Array({ maxLength: 200 }));
  it.each(evalFormats.map(({ name }) => name))("%s: anything is read or refused", async (format) => {
    const path = fc.constantFrom("a.json", "a.yaml", "a.csv", "README.md", "a.eval");
    await fc.assert(
      fc.asyncProperty(anything, path, async (bytes, name) => {
        await readsOrRefuses("eval", [fileOf(name, bytes)], {
          ...told,
          eval: { format, map: { metric: "a", value: "b" } },
        });
        await readsOrRefuses("eval", [fileOf(name, bytes)], told);
      }),
      { numRuns: 30 },
    );
  });

  it("anything in the place of any value of a log is read or refused", async () => {
    const logs = Object.values(evalSamples).filter(
      ({ files }) => files.length === 1 && files[0]?.path.endsWith(".json"),
    );
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...logs), fc.nat(), fc.jsonValue({ maxDepth: 2 }), async (sample, at, value) => {
        const [file] = sample.files;
        const places: unknown[] = [];
        const parsed = JSON.parse(
          Buffer.from(file?.bytes ?? []).toString(),
          (_key, found) => places.push(found) && found,
        );
        let index = 0;
        const target = at % places.length;
        const changed = JSON.stringify(parsed, (_key, found) => (index++ === target ? value : found)) ?? "null";
        await readsOrRefuses("eval", [fileOf("a.json", changed)], sample.input);
      }),
      { numRuns: 150 },
    );
  });
});

describe("whatever the bytes of a card or a plan are", () => {
  it.each([
    ["card", "README.md", card],
    ["card", "card.json", toolkit],
    ["card", "bom.json", bom],
    ["eval-plan", "plan.yaml", plan],
  ] as const)("%s: %s", async (kind, path, bytes) => {
    for (const damaged of mutations(bytes, 60)) {
      await readsOrRefuses(kind, [fileOf(path, damaged)]);
      if (kind === "card") lintsOrRefuses(path, damaged);
    }
    expect(await readsOrRefuses(kind, [fileOf(path, bytes)])).toBe(true);
  });

  it("anything is read or refused, and linted or refused", async () => {
    const matter = fc
      .string({ maxLength: 100 })
      .map((text) => Buffer.from(`---\n${text}\n---\n## Limitations\n${text}`));
    const bytes = fc.oneof(
      matter,
      fc.json({ maxDepth: 4 }).map((text) => Buffer.from(text)),
      fc.uint8Array({ maxLength: 200 }),
    );
    await fc.assert(
      fc.asyncProperty(bytes, async (content) => {
        await readsOrRefuses("card", [fileOf("README.md", content)]);
        await readsOrRefuses("eval-plan", [fileOf("plan.yaml", content)]);
        lintsOrRefuses("README.md", content);
      }),
      { numRuns: 100 },
    );
  });
});

function lintsOrRefuses(path: string, bytes: Uint8Array): void {
  try {
    lintCard(fileOf(path, bytes));
  } catch (error) {
    if (!(error instanceof EvidenceError)) throw error;
  }
}
