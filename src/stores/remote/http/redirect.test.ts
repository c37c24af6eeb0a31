import { describe, expect, it } from "vitest";
import { rejectsWith } from "../../../../test/support/expect.ts";
import { redirectLimit } from "../limits.ts";
import type { HttpRequest } from "./exchange.ts";
import { followRedirects, sameOriginUrl } from "./redirect.ts";
import { HttpResponse } from "./response.ts";
import { formatUrl, type HttpUrl, httpUrl } from "./url.ts";

async function* nothing() {}

function answer(url: HttpUrl, status: number, headers: Record<string, string>): HttpResponse {
  return new HttpResponse({ method: "GET", url, status, headers, body: nothing(), discard: async () => {} });
}

/** Follows from `start` through a map of redirects; gives the requests made. */
async function follow(start: string, redirects: Record<string, string>, method = "GET"): Promise<HttpRequest[]> {
  const made: HttpRequest[] = [];
  const url = httpUrl(start) as HttpUrl;
  await followRedirects({ method, url, headers: { authorization: "Bearer t", accept: "*/*" } }, async (request) => {
    made.push(request);
    const location = redirects[formatUrl(request.url)];
    return answer(request.url, location === undefined ? 200 : 307, location === undefined ? {} : { location });
  });
  return made;
}

describe("followRedirects", () => {
  it("keeps Authorization on the same origin and drops it for good elsewhere", async () => {
    const made = await follow("https://r.example/a", {
      "https://r.example/a": "/b",
      "https://r.example/b": "https://s3.example/c?sig=1",
      "https://s3.example/c?sig=1": "https://r.example/d",
    });
    expect(made.map(({ url }) => formatUrl(url))).toEqual([
      "https://r.example/a",
      "https://r.example/b",
      "https://s3.example/c?sig=1",
      "https://r.example/d",
    ]);
    expect(made.map(({ headers }) => headers["authorization"])).toEqual(["Bearer t", "Bearer t", undefined, undefined]);
    expect(made.every(({ headers }) => headers["accept"] === "*/*")).toBe(true);
  });

  it("takes another port for another origin", async () => {
    const made = await follow("https://r.example/a", { "https://r.example/a": "https://r.example:8443/a" });
    expect(made[1]?.headers["authorization"]).toBeUndefined();
  });

  it("does not follow for PUT and POST", async () => {
    for (const method of ["PUT", "POST", "DELETE"]) {
      expect(await follow("https://r.example/a", { "https://r.example/a": "/b" }, method)).toHaveLength(1);
    }
  });

  for (const [what, start, redirects] of [
    ["a redirect to itself", "https://r.example/a", { "https://r.example/a": "/a" }],
    ["a circle", "https://r.example/a", { "https://r.example/a": "/b", "https://r.example/b": "/a" }],
    ["https to http", "https://r.example/a", { "https://r.example/a": "http://r.example/a" }],
    ["a file", "https://r.example/a", { "https://r.example/a": "file:///etc/passwd" }],
    ["user information", "https://r.example/a", { "https://r.example/a": "https://u:p@s3.example/a" }],
    ["a cloud's metadata", "http://r.example/a", { "http://r.example/a": "http://169.254.169.254/latest" }],
    ["this machine", "http://r.example/a", { "http://r.example/a": "http://localhost:8080/" }],
    [
      "too many hops",
      "https://r.example/0",
      Object.fromEntries(
        Array.from({ length: redirectLimit + 1 }, (_, n) => [`https://r.example/${n}`, `https://r.example/${n + 1}`]),
      ),
    ],
  ] as const) {
    it(`refuses ${what}`, async () => {
      await rejectsWith(follow(start, redirects), "REDIRECT_REFUSED");
    });
  }
});

describe("sameOriginUrl", () => {
  const response = answer({ origin: "https://r.example", path: "/v2/" }, 202, {});

  it("accepts the registry's own origin however it is written", () => {
    for (const text of ["/u?x='1", "https://r.example/u?x='1", "https://R.example:443/u?x='1"]) {
      expect(sameOriginUrl(response, text, "it")).toEqual({ origin: "https://r.example", path: "/u?x='1" });
    }
  });

  it("refuses others, without their query, and hints at a proxy when only the scheme differs", () => {
    const refuse = (text: string) => {
      try {
        sameOriginUrl(response, text, "the upload Location");
      } catch (error) {
        return (error as Error).message;
      }
      return expect.fail(text);
    };
    expect(refuse("https://evil.example/u?token=abc")).not.toContain("abc");
    expect(refuse("https://evil.example/u")).not.toContain("proxy");
    expect(refuse("http://r.example/u")).toContain("proxy");
    expect(refuse("https://r.example.evil.example/u")).toContain("expected https://r.example");
  });
});
