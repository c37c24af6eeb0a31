import { describe, expect, it } from "vitest";
import { rejectsWith } from "../../../test/support/expect.ts";
import { ciIdentityToken } from "./ci-token.ts";
import { type DeviceRequest, deviceIdentityToken } from "./device-flow.ts";
import type { Fetch } from "./service.ts";
import { parseSigningConfig } from "./signing-config.ts";

interface Asked {
  readonly url: string;
  readonly authorization: string | null;
  readonly form: URLSearchParams;
}

/** Answers by path, in order; the last answer of a path stays. */
function services(answers: Readonly<Record<string, readonly [status: number, body: unknown][]>>): {
  readonly fetch: Fetch;
  readonly asked: Asked[];
} {
  const asked: Asked[] = [];
  const left = new Map(Object.entries(answers).map(([path, list]) => [path, [...list]]));
  const fetch: Fetch = async (url, init) => {
    const headers = new Headers(init.headers);
    asked.push({
      url,
      authorization: headers.get("authorization"),
      form: new URLSearchParams(typeof init.body === "string" ? init.body : ""),
    });
    const list = left.get(new URL(url).pathname) ?? [];
    const [status, body] = (list.length > 1 ? list.shift() : list[0]) ?? [404, "nothing"];
    return new Response(typeof body === "string" ? body : JSON.stringify(body), { status });
  };
  return { fetch, asked };
}

describe("ciIdentityToken", () => {
  const actions = {
    ACTIONS_ID_TOKEN_REQUEST_URL: "https://actions.example.com/token?api-version=2.0",
    ACTIONS_ID_TOKEN_REQUEST_TOKEN: "bearer-of-the-job",
  };

  it("asks GitHub Actions for a token that only sigstore takes", async () => {
    const { asked, fetch } = services({ "/token": [[200, { value: "a.b.c", count: 1 }]] });
    expect(await ciIdentityToken(actions, fetch)).toBe("a.b.c");
    expect(asked).toMatchObject([
      {
        url: "https://actions.example.com/token?api-version=2.0&audience=sigstore",
        authorization: "bearer bearer-of-the-job",
      },
    ]);
  });

  it("takes SIGSTORE_ID_TOKEN as it is, first", async () => {
    const { asked, fetch } = services({});
    expect(await ciIdentityToken({ ...actions, SIGSTORE_ID_TOKEN: "x.y.z" }, fetch)).toBe("x.y.z");
    expect(asked).toEqual([]);
  });

  it.each([
    [{}],
    [{ ...actions, ACTIONS_ID_TOKEN_REQUEST_TOKEN: undefined }],
    [{ ...actions, ACTIONS_ID_TOKEN_REQUEST_URL: "no URL" }],
    [{ SIGSTORE_ID_TOKEN: "" }],
  ])("finds none in %o", async (env) => {
    expect(await ciIdentityToken(env, services({}).fetch)).toBeUndefined();
  });

  it.each<[string, [number, unknown], string]>([
    ["refused", [403, "no"], "SERVICE_REFUSED"],
    ["answered with something else", [200, { token: "x" }], "SERVICE_UNAVAILABLE"],
    ["answered with HTML", [200, "<html>"], "SERVICE_UNAVAILABLE"],
  ])("%s: says so without the job's own token", async (_, answer, code) => {
    const error = await rejectsWith(ciIdentityToken(actions, services({ "/token": [answer] }).fetch), code);
    expect(error.message).not.toContain("bearer-of-the-job");
  });

  it("does not wait for an answer that never ends", async () => {
    const endless = () =>
      new ReadableStream({
        pull: (controller) => controller.enqueue(new Uint8Array(256 * 1024)),
      });
    const fetch: Fetch = async () => new Response(endless());
    await rejectsWith(ciIdentityToken(actions, fetch), "SERVICE_REFUSED");
  });
});

describe("deviceIdentityToken", () => {
  const issuer = "https://login.example.com/auth";
  const discovery: [number, unknown] = [
    200,
    {
      device_authorization_endpoint: "https://login.example.com/auth/device/code",
      token_endpoint: "https://login.example.com/auth/token",
    },
  ];
  const device = (more: object = {}): [number, unknown] => [
    200,
    {
      device_code: "secret",
      user_code: "ABCD-EFGH",
      verification_uri: "https://login.example.com/device",
      interval: 1,
      expires_in: 2,
      ...more,
    },
  ];
  const at = (tokens: readonly [number, unknown][], code = device()) =>
    services({
      "/auth/.well-known/openid-configuration": [discovery],
      "/auth/device/code": [code],
      "/auth/token": tokens,
    });

  it("shows where to go and what to check, and waits for the person", async () => {
    const { asked, fetch } = at([
      [400, { error: "authorization_pending" }],
      [200, { id_token: "a.b.c", access_token: "unused" }],
    ]);
    const shown: DeviceRequest[] = [];
    expect(await deviceIdentityToken(fetch, issuer, (request) => shown.push(request))).toBe("a.b.c");
    expect(shown).toEqual([{ url: "https://login.example.com/device", code: "ABCD-EFGH" }]);
    const [, first, , last] = asked;
    expect(first?.form.get("code_challenge_method")).toBe("S256");
    expect(last?.form.get("code_verifier")).toMatch(/^[\w-]{43}$/);
  });

  it.each<[string, readonly [number, unknown][]]>([
    ["nobody comes", [[400, { error: "authorization_pending" }]]],
    ["the person says no", [[400, { error: "access_denied" }]]],
  ])("TOKEN_INVALID: %s", async (_, tokens) => {
    await rejectsWith(
      deviceIdentityToken(at(tokens).fetch, issuer, () => {}),
      "TOKEN_INVALID",
    );
  });

  it.each<[string, object]>([
    ["a link that is no web page", { verification_uri: "javascript:alert(1)" }],
    ["a code that draws on the terminal", { user_code: "\u001b[2J" }],
    ["a wait without end", { expires_in: 1e9 }],
  ])("SERVICE_UNAVAILABLE: %s", async (_, more) => {
    const { fetch } = at([[200, { id_token: "a.b.c" }]], device(more));
    await rejectsWith(
      deviceIdentityToken(fetch, issuer, () => {}),
      "SERVICE_UNAVAILABLE",
    );
  });

  it("stops when the caller gives up", async () => {
    const { fetch } = at([[400, { error: "authorization_pending" }]]);
    const signal = AbortSignal.abort(new Error("enough"));
    await expect(deviceIdentityToken(fetch, issuer, () => {}, { signal })).rejects.toThrow("enough");
  });
});

describe("parseSigningConfig", () => {
  const now = new Date("2026-06-01T00:00:00Z");
  const service = (url: string, majorApiVersion = 1, start = "2025-01-01T00:00:00Z", end?: string) => ({
    url,
    majorApiVersion,
    operator: "example",
    validFor: { start, ...(end ? { end } : {}) },
  });
  const mediaType = "application/vnd.dev.sigstore.signingconfig.v0.2+json";
  const parse = (json: object) => parseSigningConfig(Buffer.from(JSON.stringify({ mediaType, ...json })), now);

  it("chooses what is in use and spoken here, the newest first", () => {
    const config = parse({
      caUrls: [service("https://old.example", 1, "2020-01-01T00:00:00Z"), service("https://ca.example")],
      oidcUrls: [service("https://over.example", 1, "2020-01-01T00:00:00Z", "2021-01-01T00:00:00Z")],
      rekorTlogUrls: [
        service("https://v1.example"),
        service("https://v2.example", 2, "2026-01-01T00:00:00Z"),
        service("https://v3.example", 3, "2026-02-01T00:00:00Z"),
        service("https://soon.example", 2, "2027-01-01T00:00:00Z"),
      ],
      tsaUrls: [service("https://one.example"), service("https://two.example")],
      tsaConfig: { selector: "ALL" },
    });
    expect(config).toEqual({
      certificateAuthority: "https://ca.example",
      witnesses: {
        logs: [{ url: "https://v2.example", majorApiVersion: 2 }],
        timestampAuthorities: ["https://one.example", "https://two.example"],
      },
    });
  });

  it("an exact number of logs is met, or refused", () => {
    const rekorTlogUrls = [service("https://one.example"), service("https://two.example")];
    const logs = (count: number) =>
      parse({ rekorTlogUrls, rekorTlogConfig: { selector: "EXACT", count } }).witnesses.logs;
    expect(logs(2)).toHaveLength(2);
    expect(() => logs(3)).toThrow(expect.objectContaining({ code: "TRUST_ROOT_INVALID" }));
  });

  it.each<[string, object]>([
    ["another version", { mediaType: "application/vnd.dev.sigstore.signingconfig.v0.1+json" }],
    ["an address that is none", { caUrls: [service("file:///etc/passwd")] }],
    ["services that are no list", { tsaUrls: {} }],
    ["a selector that nobody knows", { tsaConfig: { selector: "SOME" } }],
  ])("TRUST_ROOT_INVALID: %s", (_, json) => {
    expect(() => parse(json)).toThrow(expect.objectContaining({ code: "TRUST_ROOT_INVALID" }));
  });

  it("an empty one names nobody", () => {
    expect(parse({})).toEqual({ witnesses: { logs: [], timestampAuthorities: [] } });
    expect(() => parseSigningConfig(Buffer.alloc(2 * 1024 * 1024), now)).toThrow(
      expect.objectContaining({ code: "TRUST_ROOT_INVALID" }),
    );
  });
});
