import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { hasCode } from "../../../base/errors.ts";
import { parseProxy, proxyFor } from "./proxy.ts";

const both = { http: "http://p:3128", https: "http://p:3129" };

describe("proxyFor", () => {
  it("goes by the scheme of the request", () => {
    expect(proxyFor("http://r.example", both)?.origin).toBe("http://p:3128");
    expect(proxyFor("https://r.example", both)?.origin).toBe("http://p:3129");
    expect(proxyFor("https://r.example", { http: both.http })).toBeUndefined();
    expect(proxyFor("https://r.example", { https: "" })).toBeUndefined();
    expect(proxyFor("https://r.example", undefined)).toBeUndefined();
  });

  for (const origin of [
    "http://localhost:5000",
    "https://LOCALHOST",
    "http://a.localhost",
    "http://127.0.0.1",
    "http://127.9.9.9:80",
    "http://[::1]:5000",
  ]) {
    it(`${origin} is never proxied`, () => expect(proxyFor(origin, both)).toBeUndefined());
  }

  const rows: readonly (readonly [noProxy: string, origin: string, isProxied: boolean])[] = [
    ["", "https://r.example", true],
    ["*", "https://r.example", false],
    ["r.example", "https://r.example", false],
    ["R.Example", "https://r.EXAMPLE", false],
    ["example", "https://r.example", false],
    [".example", "https://r.example", false],
    ["*.example", "https://r.example", false],
    [".r.example", "https://r.example", false],
    ["r.example.", "https://r.example", false],
    ["r.example", "https://r.example.", false],
    ["ample", "https://r.example", true],
    ["r.example", "https://xr.example", true],
    ["r.example", "https://r.example.org", true],
    ["a,r.example", "https://r.example", false],
    ["a, r.example ,b", "https://r.example", false],
    ["a r.example", "https://r.example", false],
    [", ,", "https://r.example", true],
    [".", "https://r.example", true],
    ["r.example:443", "https://r.example", false],
    ["r.example:443", "http://r.example", true],
    ["r.example:80", "http://r.example", false],
    ["r.example:5000", "https://r.example:5000", false],
    ["r.example:5000", "https://r.example:5001", true],
    [".example:5000", "https://a.b.example:5000", false],
    ["10.1.2.3", "https://10.1.2.3", false],
    ["10.1.2.3", "https://10.1.2.4", true],
    ["2.3", "https://10.1.2.3", true],
    ["10.1.2.3:5000", "https://10.1.2.3:5000", false],
    ["10.1.2.3:5000", "https://10.1.2.3", true],
    ["10.0.0.0/8", "https://10.1.2.3", false],
    ["10.0.0.0/8", "https://11.1.2.3", true],
    ["10.0.0.0/33", "https://10.1.2.3", true],
    ["10.0.0.0/", "https://10.1.2.3", true],
    ["10.0.0.0/8", "https://r.example", true],
    ["fd00::1", "https://[fd00::1]", false],
    ["[fd00::1]", "https://[fd00::1]:5000", false],
    ["[fd00::1]:5000", "https://[fd00::1]:5000", false],
    ["[fd00::1]:5000", "https://[fd00::1]:5001", true],
    ["fd00:0:0:0:0:0:0:1", "https://[fd00::1]", false],
    ["fd00::/8", "https://[fd12::1]", false],
    ["fd00::/8", "https://[fe12::1]", true],
  ];
  for (const [noProxy, origin, isProxied] of rows) {
    it(`NO_PROXY=${JSON.stringify(noProxy)}: ${origin} is ${isProxied ? "" : "not "}proxied`, () => {
      expect(proxyFor(origin, { ...both, noProxy }) !== undefined).toBe(isProxied);
    });
  }

  it("takes any NO_PROXY without throwing", () => {
    fc.assert(fc.property(fc.string(), (noProxy) => void proxyFor("https://r.example", { ...both, noProxy })));
  });

  for (const text of ["socks5://ann:s3cret@p:1080", "http://ann:s3cret@", "ftp://ann:s3cret@p", "http://a:s3cret%@p"]) {
    it(`${text} is refused, and not shown`, () => {
      expect(() => proxyFor("https://r.example", { https: text })).toThrow(
        expect.toSatisfy((error: unknown) => hasCode(error, "NETWORK") && !error.message.includes("s3cret")),
      );
    });
  }
});

describe("parseProxy", () => {
  for (const [text, expected] of [
    ["http://p:3128", { origin: "http://p:3128" }],
    ["p:3128", { origin: "http://p:3128" }],
    ["p", { origin: "http://p" }],
    ["https://p:3128/path/", { origin: "https://p:3128" }],
    ["http://ann:s3%40cret@p:1", { origin: "http://p:1", authorization: `Basic ${btoa("ann:s3@cret")}` }],
    ["http://ann@p:1", { origin: "http://p:1", authorization: `Basic ${btoa("ann:")}` }],
    ["socks5://p", undefined],
    ["http://", undefined],
  ] as const) {
    it(text, () => expect(parseProxy(text)).toEqual(expected));
  }
});
