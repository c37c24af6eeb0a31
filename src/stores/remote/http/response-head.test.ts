import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseResponseHead } from "./response-head.ts";

const head = (...lines: string[]) => parseResponseHead(["HTTP/1.1 200 OK", ...lines].join("\r\n"));

describe("parseResponseHead", () => {
  test("reads the plain form", () => {
    expect(head("Content-Length: 5", "X-Empty:", "Link:\t<a>  ", "link: <b>", "Date: a: b")).toEqual({
      status: 200,
      headers: { "content-length": "5", "x-empty": "", link: ["<a>", "<b>"], date: "a: b" },
      contentLength: 5,
      isKeptAlive: true,
    });
    expect(parseResponseHead("HTTP/1.1 206\r\ncontent-length: 0\r\nconnection: Keep-Alive, CLOSE")).toMatchObject({
      status: 206,
      isKeptAlive: false,
    });
  });

  test.each([
    ["no length", []],
    ["two lengths, even if equal", ["content-length: 5", "Content-Length: 5"]],
    ["a list of lengths", ["content-length: 5, 5"]],
    ["a length with a sign", ["content-length: +5"]],
    ["a length in hex", ["content-length: 0x5"]],
    ["a length beyond reason", ["content-length: 9999999999999999"]],
    ["an empty length", ["content-length:"]],
    ["chunks", ["content-length: 5", "transfer-encoding: chunked"]],
    ["compression", ["content-length: 5", "content-encoding: gzip"]],
    ["a folded line", ["content-length: 5", "x: a", " b"]],
    ["a space before the colon", ["content-length : 5"]],
    ["a line without a name", [": 5", "content-length: 5"]],
    ["no colon", ["content-length: 5", "potato"]],
    ["a bare line feed", ["content-length: 5", "x: a\nb: c"]],
    ["a bare carriage return", ["content-length: 5", "x: a\rb"]],
    ["a null byte", ["content-length: 5", "x: \u0000"]],
    ["a name of other characters", ["content-length: 5", "naïve: x"]],
  ])("leaves %s to a complete parser", (_, lines) => {
    expect(head(...lines)).toBeUndefined();
  });

  test.each([
    "HTTP/1.0 200 OK",
    "HTTP/2 200",
    "HTTP/1.1 20 OK",
    "HTTP/1.1 2000 OK",
    "http/1.1 200 OK",
    "HTTP/1.1  200 OK",
    "ICY 200 OK",
    "",
    "HTTP/1.1 100 Continue",
    "HTTP/1.1 101 Switching",
    "HTTP/1.1 204 No Content",
    "HTTP/1.1 304 Not Modified",
    "HTTP/1.1 600 x",
    " HTTP/1.1 200 OK",
  ])("leaves %j to a complete parser", (first) => {
    expect(parseResponseHead(`${first}\r\ncontent-length: 5`)).toBeUndefined();
  });

  test("never throws, and never invents a name, a value or a length", () => {
    const piece = fc.oneof(
      fc.constantFrom(
        "HTTP/1.1 200 OK",
        "\r\n",
        "\r",
        "\n",
        ": ",
        " ",
        "content-length",
        "5",
        "__proto__",
        "transfer-encoding",
        "chunked",
      ),
      fc.string({ maxLength: 5 }),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 20 }), (pieces) => {
        const text = `HTTP/1.1 200 OK\r\n${pieces.join("")}`;
        const parsed = parseResponseHead(text);
        if (!parsed) return;
        expect(text).toContain(String(parsed.headers["content-length"]));
        for (const [name, value] of Object.entries(parsed.headers)) {
          expect(text.toLowerCase()).toContain(`${name}:`);
          for (const each of [value].flat()) expect(text).toContain(each);
        }
      }),
      { numRuns: 2_000 },
    );
  });
});
