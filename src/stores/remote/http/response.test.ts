import { describe, expect, it } from "vitest";
import { rejectsWith } from "../../../../test/support/expect.ts";
import { HttpResponse } from "./response.ts";

const url = { origin: "https://r.example", path: "/v2/x" };

function answer(headers: Record<string, string | string[]>, body: string) {
  const seen = { read: false, discarded: false };
  const stream = async function* () {
    seen.read = true;
    yield Buffer.from(body);
  };
  const discard = async () => {
    seen.discarded = true;
  };
  return { seen, response: new HttpResponse({ method: "GET", url, status: 200, headers, body: stream(), discard }) };
}

describe("HttpResponse", () => {
  it("gives the media type without parameters, in lower case", () => {
    expect(answer({ "content-type": "Application/JSON; charset=utf-8" }, "").response.mediaType).toBe(
      "application/json",
    );
    expect(answer({}, "").response.mediaType).toBe("");
  });

  it("takes only a plain number for a length", () => {
    const length = (text: string) => answer({ "content-length": text }, "").response.contentLength;
    expect([length("12"), length("-1"), length("1e3"), length("9".repeat(30))]).toEqual([
      12,
      undefined,
      undefined,
      undefined,
    ]);
  });

  it("gives the first of several values, and all of them", () => {
    const { response } = answer({ link: ["a", "b"] }, "");
    expect([response.header("link"), response.headerLines("link"), response.headerLines("x")]).toEqual([
      "a",
      ["a", "b"],
      [],
    ]);
  });

  it("refuses a declared length above the limit without reading", async () => {
    const { seen, response } = answer({ "content-length": "11" }, "x".repeat(11));
    await rejectsWith(response.bytes(10), "LIMIT_EXCEEDED");
    expect(seen).toEqual({ read: false, discarded: true });
  });

  it("refuses a body above the limit that declared nothing", async () => {
    await rejectsWith(answer({}, "x".repeat(11)).response.bytes(10), "LIMIT_EXCEEDED");
    expect(await answer({}, "x".repeat(10)).response.bytes(10)).toHaveLength(10);
  });

  it("says what it got instead of JSON", async () => {
    const error = await rejectsWith(
      answer({ "content-type": "text/html" }, "<html>").response.json(10),
      "BAD_RESPONSE",
    );
    expect(error.message).toContain("text/html");
    expect(await answer({}, '{"a":1}').response.json(10)).toEqual({ a: 1 });
  });
});
