import { describe, expect, it } from "vitest";
import { errorBodyLimitBytes } from "../../../base/limits.ts";
import { refusal, shown } from "./refusal.ts";
import { HttpResponse } from "./response.ts";

const clock = () => new Date(0);

async function refuse(status: number, body: string, headers: Record<string, string> = {}, secrets: string[] = []) {
  let read = 0;
  const stream = async function* () {
    for (let at = 0; at < body.length; at += 1_000) {
      read += 1_000;
      yield Buffer.from(body.slice(at, at + 1_000));
    }
  };
  const url = { origin: "https://r.example", path: "/v2/x?token=abc" };
  const response = new HttpResponse({ method: "GET", url, status, headers, body: stream(), discard: async () => {} });
  return { error: await refusal(response, { clock, secrets }), read };
}

describe("refusal", () => {
  for (const [status, headers, code, isTemporary] of [
    [400, {}, "BAD_RESPONSE", false],
    [401, {}, "UNAUTHORIZED", false],
    [401, { "www-authenticate": 'Bearer realm="x",error="insufficient_scope"' }, "DENIED", false],
    [403, {}, "DENIED", false],
    [404, {}, "BAD_RESPONSE", false],
    [408, {}, "UNAVAILABLE", true],
    [429, { "retry-after": "2" }, "RATE_LIMITED", true],
    [499, {}, "UNAVAILABLE", true],
    [500, {}, "UNAVAILABLE", true],
    [501, {}, "UNAVAILABLE", false],
    [503, {}, "UNAVAILABLE", true],
  ] as const) {
    it(`${status} ${JSON.stringify(headers)} is ${code}`, async () => {
      const { error } = await refuse(status, "", headers);
      expect(error).toMatchObject({ code, isTemporary, status, method: "GET", url: "https://r.example/v2/x" });
      expect(error.retryAfterMs).toBe("retry-after" in headers ? 2_000 : undefined);
    });
  }

  it("shows the registry's own codes and messages", async () => {
    const body = JSON.stringify({ errors: [{ code: "NAME_UNKNOWN", message: "no such repo", detail: { a: 1 } }] });
    const { error } = await refuse(404, body);
    expect(error.registryCodes).toEqual(["NAME_UNKNOWN"]);
    expect(error.message).toBe("GET https://r.example/v2/x: answered 404: NAME_UNKNOWN no such repo");
  });

  it("shows one plain line of an HTML page", async () => {
    const { error } = await refuse(502, "<html><style>p{}</style><h1>Bad\n\u001b[31m Gateway</h1></html>");
    expect(error.message).toBe("GET https://r.example/v2/x: answered 502: Bad [31m Gateway");
  });

  it("reads no more than it needs of an endless body", async () => {
    const { error, read } = await refuse(500, "x".repeat(10 * errorBodyLimitBytes));
    expect(read).toBeLessThan(2 * errorBodyLimitBytes);
    expect(error.message.length).toBeLessThan(400);
  });

  it("never repeats a secret that the registry echoes", async () => {
    for (const body of [
      "you sent s3cr et!",
      JSON.stringify({ errors: [{ code: "s3cr et!", message: "s3cr%20et!" }] }),
    ]) {
      const { error } = await refuse(400, body, {}, ["s3cr et!"]);
      expect(JSON.stringify([error.message, error.registryCodes])).not.toMatch(/s3cr/);
    }
  });

  for (const body of ["", "null", "[]", '{"errors":null}', '{"errors":[null,1,{"code":1}]}', '{"errors":"x"}']) {
    it(`copes with ${JSON.stringify(body)}`, async () => {
      expect((await refuse(400, body)).error.registryCodes).toEqual([]);
    });
  }
});

describe("shown", () => {
  it("drops what would move a terminal's cursor or reorder text", () => {
    expect(shown("a\u0000\u001b]0;x\u0007\u202eb\u2028c\r\nd", [])).toBe("a ]0;x b c d");
  });
});
