import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatBytes, safe, shortDigest, table } from "./text.ts";

describe("safe", () => {
  it("shows an escape sequence instead of sending it to the terminal", () => {
    expect(safe("risk\u001b[2J\u0007")).toBe("risk\\u001b[2J\\u0007");
  });

  it("lets no control or bidirectional character through", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        expect(safe(text)).not.toMatch(/[\p{Cc}\u2028-\u202e\u2066-\u2069]/u);
      }),
    );
  });

  it("leaves letters of every script alone", () => {
    expect(safe("Modell für Größe 模型")).toBe("Modell für Größe 模型");
  });
});

describe("table", () => {
  it("aligns columns and ends lines without blanks", () => {
    expect(
      table([
        ["a", "long"],
        ["longer", "b"],
      ]),
    ).toBe("a       long\nlonger  b");
  });
});

describe("formatBytes", () => {
  it.each([
    [0, "0 B"],
    [1023, "1023 B"],
    [1536, "1.5 KiB"],
    [2 * 1024 ** 3, "2.0 GiB"],
    [5 * 1024 ** 5, "5120.0 TiB"],
  ])("%i is %s", (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text);
  });
});

it("shortDigest keeps the algorithm and twelve characters", () => {
  expect(shortDigest(`sha256:${"0123456789ab".padEnd(64, "c")}`)).toBe("sha256:0123456789ab…");
});
