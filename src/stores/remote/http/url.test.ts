import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatUrl, httpUrl, redactUrl, withQuery } from "./url.ts";

const base = { origin: "https://r.example:5000", path: "/v2/a/blobs/uploads/?x=1" };

function check(text: string, expected: string | undefined): void {
  const url = httpUrl(text, base);
  expect(url && formatUrl(url), text).toBe(expected);
}

describe("httpUrl", () => {
  it("resolves against the request and keeps the text of path and query", () => {
    check("/v2/a/uploads/1?_state=~'a'%20b%2F", "https://r.example:5000/v2/a/uploads/1?_state=~'a'%20b%2F");
    check("https://r.example:5000/u?_state=~'\"|^", "https://r.example:5000/u?_state=~'\"|^");
    check("1234?_state=~'", "https://r.example:5000/v2/a/blobs/uploads/1234?_state=~'");
    check("?b='", "https://r.example:5000/v2/a/blobs/uploads/?b='");
    check("//other.example/x", "https://other.example/x");
    check("https://other.example", "https://other.example/");
    check("https://other.example?q='", "https://other.example/?q='");
    check("/x#fragment?y", "https://r.example:5000/x");
  });

  it("leaves out default ports, so that equal origins are equal text", () => {
    check("https://R.example:443/x", "https://r.example/x");
    check("http://r.example:80/x", "http://r.example/x");
    check("https://[::1]:443/x", "https://[::1]/x");
  });

  it("refuses other schemes, user information, white space and backslashes", () => {
    for (const bad of [
      "file:///etc/passwd",
      "ftp://r.example/x",
      "javascript:alert(1)",
      "https://user@r.example/x",
      "https://user:secret@r.example/x",
      "https://evil.example\\@r.example/x",
      "/a b",
      "/a\r\nx: y",
      "https://",
      "https://r.example:99999/x",
    ]) {
      check(bad, undefined);
    }
  });

  it("never gives a path without a slash, or an origin that is not http", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.webUrl({ withQueryParameters: true }), fc.webPath()), (text) => {
        const url = httpUrl(text, base);
        if (!url) return;
        expect(url.path.startsWith("/")).toBe(true);
        expect(new URL(url.origin).origin).toBe(url.origin);
        expect(url.origin).toMatch(/^https?:/);
      }),
    );
  });
});

describe("redactUrl", () => {
  it("drops the query and the fragment", () => {
    expect(redactUrl({ origin: "https://s3.example", path: "/b/c?X-Amz-Signature=secret#x" })).toBe(
      "https://s3.example/b/c",
    );
  });
});

describe("withQuery", () => {
  it("appends and leaves the rest byte for byte", () => {
    const append = (path: string) => withQuery({ origin: "https://r.example", path }, "digest", "sha256:ab").path;
    expect(append("/u?_state=~'a'%20b")).toBe("/u?_state=~'a'%20b&digest=sha256%3Aab");
    expect(append("/u")).toBe("/u?digest=sha256%3Aab");
    expect(append("/u?")).toBe("/u?digest=sha256%3Aab");
    expect(append("/u?a=1&")).toBe("/u?a=1&digest=sha256%3Aab");
  });
});
