import fc from "fast-check";
import { expect, test } from "vitest";
import { parseConfig } from "./config-file.ts";
import { readPlainConfig } from "./plain-config.ts";

const key = fc.constantFrom(
  "registry",
  "policy",
  "key",
  "owner",
  "signing",
  "model",
  "  key",
  "  owner",
  "   key",
  "other",
);
const word = fc.oneof(
  fc.constantFrom(
    "oci:./store",
    "registry.example.com:5000/ml",
    "env://KEY",
    "127.0.0.1:5000/ml",
    "1.2.3",
    "1.2.3.4e5",
    "~",
    "null",
    "True",
    "1e3",
    ".5",
    "./a",
  ),
  fc.constantFrom(
    "a: b",
    "a:",
    "'a'",
    '"a',
    "[a]",
    "{key: a}",
    "&a b",
    "*a",
    "|",
    ">",
    "a #b",
    "a#b",
    "- a",
    "!a b",
    "@a",
    "",
  ),
  fc.string({ unit: fc.constantFrom(..."ab01./:@-_#'\" "), maxLength: 8 }),
);
const line = fc.oneof(
  { weight: 6, arbitrary: fc.tuple(key, word).map(([name, text]) => `${name}: ${text}`) },
  { weight: 2, arbitrary: fc.constantFrom("signing:", "model:", "signing: # why", "model:  ") },
  {
    weight: 1,
    arbitrary: fc.constantFrom("", "# comment", "  # comment", "---", "...", "\t", "registry:a", "\ufeff", "a\r"),
  },
);

test("a plain mreg.yaml reads as the YAML parser and the schema read it, or is left to them", () => {
  let read = 0;
  fc.assert(
    fc.property(fc.array(line, { maxLength: 5 }), (lines) => {
      const text = lines.join("\n");
      const config = readPlainConfig(text);
      if (config === undefined) return;
      read++;
      expect(config).toEqual(parseConfig(text, "mreg.yaml"));
    }),
    { numRuns: 5_000 },
  );
  // The comparison is one of files that were read, and not only of empty ones.
  expect(read).toBeGreaterThan(200);
});

test("the address of a registry is plain", () => {
  expect(readPlainConfig("registry: 127.0.0.1:5000/ml\n")).toEqual({ registry: "127.0.0.1:5000/ml" });
});

test("what `mreg init` writes is plain", () => {
  const text =
    "# Where.\n\nregistry: oci:./store\npolicy: mreg.policy.yaml # who\nsigning:\n  key: alice.key\n\nmodel:\n  owner: risk-team\n";
  expect(readPlainConfig(text)).toEqual({
    registry: "oci:./store",
    policy: "mreg.policy.yaml",
    signing: { key: "alice.key" },
    model: { owner: "risk-team" },
  });
});
