import fc from "fast-check";
import { expect, test } from "vitest";
import { digestOf } from "../base/digest.ts";
import {
  checkRepositoryName,
  checkTag,
  checkTagOrDigest,
  formatReference,
  isTag,
  parseReference,
  type Reference,
} from "./reference.ts";

const digest = digestOf("x");
const sha512 = digestOf("x", "sha512");

const accepted: Readonly<Record<string, Reference>> = {
  risk: { repository: "risk" },
  "risk:v4": { repository: "risk", tag: "v4" },
  [`risk@${digest}`]: { repository: "risk", digest },
  [`risk:v4@${sha512}`]: { repository: "risk", tag: "v4", digest: sha512 },
  "risk@production": { repository: "risk", alias: "production" },
  "ml/risk": { repository: "ml/risk" },
  "a__b/c-d--e.f_g": { repository: "a__b/c-d--e.f_g" },
  "registry.example.com/ml/risk:v4": { registry: "registry.example.com", repository: "ml/risk", tag: "v4" },
  "localhost/risk": { registry: "localhost", repository: "risk" },
  "localhost:5000/risk:1.0.0_build": { registry: "localhost:5000", repository: "risk", tag: "1.0.0_build" },
  "[::1]:5000/risk": { registry: "[::1]:5000", repository: "risk" },
  "127.0.0.1:5000/ml/risk@staging": { registry: "127.0.0.1:5000", repository: "ml/risk", alias: "staging" },
  "oci:./store/risk:v4": { registry: "oci:./store", repository: "risk", tag: "v4" },
  "oci:./store/risk": { registry: "oci:./store", repository: "risk" },
  "oci:/var/lib/store/risk/": { registry: "oci:/var/lib/store", repository: "risk" },
  "oci:risk": { registry: "oci:.", repository: "risk" },
  [`oci:/risk@${digest}`]: { registry: "oci:/", repository: "risk", digest },
  "oci:../a b/Ünï/risk@production": { registry: "oci:../a b/Ünï", repository: "risk", alias: "production" },
  "models:/risk/4": { repository: "risk", tag: "v4" },
  "models:/ml/risk/12": { repository: "ml/risk", tag: "v12" },
  "models:/risk@production": { repository: "risk", alias: "production" },
};

for (const [text, expected] of Object.entries(accepted)) {
  test(`parseReference: ${text}`, () => expect(parseReference(text)).toEqual(expected));
}

for (const text of [
  "",
  ":v4",
  "@production",
  "risk:",
  "risk@",
  "risk:v4:v5",
  "risk:v4@production",
  "risk:-x",
  "risk@sha256:abc",
  `risk@${digest.toUpperCase()}`,
  `risk@${digest}@${digest}`,
  "Risk",
  "ri sk",
  "../risk",
  "a//b",
  "/risk",
  "risk/",
  "a/../b",
  "a..b",
  "a___b",
  "ri\nsk",
  "risk\0",
  `risk:${"x".repeat(129)}`,
  "x".repeat(256),
  "https://registry.example.com/risk",
  "-bad.example.com/risk",
  "registry.example.com:port/risk",
  "registry.example.com:123456/risk",
  "user:password@registry.example.com/risk",
  "registry.example.com/",
  "oci:",
  "oci:./store/Risk",
  "oci:./store/..",
  "models:/risk",
  "models:/risk/0",
  "models:/risk/04",
  "models:/risk/v4",
  "models:/risk@Production",
]) {
  test(`parseReference: refuses ${JSON.stringify(text.slice(0, 80))}`, () => {
    expect(() => parseReference(text)).toThrow(expect.objectContaining({ code: "INVALID_REFERENCE" }));
  });
}

const alphanumeric = fc.stringMatching(/^[a-z0-9]{1,6}$/);
const separator = fc.constantFrom(".", "_", "__", "-", "--");
const component = fc
  .tuple(alphanumeric, fc.array(fc.tuple(separator, alphanumeric), { maxLength: 2 }))
  .map(([head, rest]) => head + rest.flat().join(""));
const name = fc.array(component, { minLength: 1, maxLength: 3 }).map((parts) => parts.join("/"));
const tag = fc.stringMatching(/^[a-zA-Z0-9_][a-zA-Z0-9._-]{0,20}$/);
const host = fc.constantFrom("registry.example.com", "localhost", "localhost:5000", "10.0.0.1", "[::1]:443");
const pins = fc.oneof(
  fc.constant({}),
  fc.record({ tag }),
  fc.record({ digest: fc.constantFrom(digest, sha512) }),
  fc.record({ tag, digest: fc.constantFrom(digest, sha512) }),
  fc.record({ alias: fc.stringMatching(/^[a-z][a-z0-9-]{0,20}$/) }),
);

test("formatReference: what is written is read back the same", () => {
  fc.assert(
    fc.property(host, name, pins, (registry, repository, pin) => {
      const reference: Reference = { registry, repository, ...pin };
      expect(parseReference(formatReference(reference))).toEqual(reference);
    }),
  );
});

test("formatReference: a reference into a directory stays at the same place", () => {
  fc.assert(
    fc.property(fc.constantFrom("oci:.", "oci:./store", "oci:/srv/a b"), name, pins, (registry, repository, pin) => {
      const text = formatReference({ registry, repository, ...pin });
      expect(formatReference(parseReference(text))).toBe(text);
    }),
  );
});

test("parseReference: whatever the text, it parses or says INVALID_REFERENCE", () => {
  const pieces = fc.constantFrom(
    "a",
    "/",
    ":",
    "@",
    ".",
    "..",
    "oci:",
    "models:/",
    "sha256:",
    "4",
    "[",
    "]",
    "\\",
    "-",
    " ",
  );
  const text = fc.oneof(
    fc.string(),
    fc.array(pieces, { maxLength: 8 }).map((parts) => parts.join("")),
  );
  fc.assert(
    fc.property(text, (input) => {
      try {
        const { repository } = parseReference(input);
        expect(checkRepositoryName(repository)).toBe(repository);
      } catch (error) {
        expect(error).toMatchObject({ code: "INVALID_REFERENCE" });
      }
    }),
    { numRuns: 1_000 },
  );
});

test("parseReference: a long hostile text is refused at once, and not repeated whole", () => {
  for (const text of [`${"a-".repeat(50_000)}!`, `${"a__".repeat(50_000)}/`, `x:${"y".repeat(100_000)}!`]) {
    expect(() => parseReference(text)).toThrow(expect.objectContaining({ code: "INVALID_REFERENCE" }));
    expect(() => parseReference(text)).toThrow(/^.{1,700}$/);
  }
});

test("isTag, checkTag, checkTagOrDigest: the grammar of the distribution specification", () => {
  for (const good of ["v4", "_", "A.b-c_d", "x".repeat(128)]) {
    expect([isTag(good), checkTag(good), checkTagOrDigest(good)]).toEqual([true, good, good]);
  }
  for (const bad of ["", ".", "-", "a+b", "a/b", "a:b", "x".repeat(129), "a\n"]) {
    expect(isTag(bad)).toBe(false);
    expect(() => checkTag(bad)).toThrow(expect.objectContaining({ code: "INVALID_REFERENCE" }));
    expect(() => checkTagOrDigest(bad)).toThrow(expect.objectContaining({ code: "INVALID_REFERENCE" }));
  }
  expect(checkTagOrDigest(digest)).toBe(digest);
  expect(() => checkTag(digest)).toThrow(expect.objectContaining({ code: "INVALID_REFERENCE" }));
});
