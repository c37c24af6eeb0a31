import { describe, expect, it } from "vitest";
import { rejectsWith } from "../../../../test/support/expect.ts";
import { RegistryError } from "../http/error.ts";
import { Authorizer } from "./authorizer.ts";
import type { Credential } from "./credentials.ts";
import type { Token, TokenRequest } from "./token.ts";

const user = { username: "ann", password: "pw" };
const bearer = (scope: string) => [`Bearer realm="https://auth.example/token",service="s",scope="${scope}"`];
const pull = ["repository:a:pull"];
const push = ["repository:a:pull,push"];

function setUp(credential: Credential | undefined, answer?: (request: TokenRequest) => Promise<Token>) {
  const asked: TokenRequest[] = [];
  const state = { now: 0, lookups: 0 };
  const authorizer = new Authorizer({
    host: "r.example",
    origin: "https://r.example",
    clock: () => new Date(state.now),
    credentials: async () => {
      state.lookups += 1;
      return credential;
    },
    fetchToken: async (request) => {
      asked.push(request);
      return answer ? answer(request) : { value: `t${asked.length}`, expiresAt: state.now + 1_000 };
    },
  });
  return { authorizer, asked, state };
}

describe("Authorizer", () => {
  it("sends nothing, and looks nothing up, before the registry has asked", async () => {
    const { authorizer, state } = setUp(user);
    expect(await authorizer.authorization(pull)).toBeUndefined();
    expect(state.lookups).toBe(0);
  });

  it("answers Basic, and sends it at once from then on", async () => {
    const { authorizer } = setUp(user);
    const header = `Basic ${Buffer.from("ann:pw").toString("base64")}`;
    expect(await authorizer.answer(["bAsIc realm=x"], pull)).toBe(header);
    expect(await authorizer.authorization(push)).toBe(header);
    expect(await authorizer.answer(["Basic realm=x"], pull, header)).toBeUndefined();
  });

  it("prefers Bearer where both are offered, and knows no other scheme", async () => {
    const { authorizer } = setUp(user);
    expect(await authorizer.answer(["Basic realm=x", ...bearer("repository:a:pull")], pull)).toBe("Bearer t1");
    expect(await authorizer.answer(["Negotiate"], pull)).toBeUndefined();
  });

  it("asks once for many at the same time, and once per set of scopes", async () => {
    const { authorizer, asked } = setUp(user);
    const all = await Promise.all(
      Array.from({ length: 8 }, () => authorizer.answer(bearer("repository:a:pull"), pull)),
    );
    expect(new Set(all)).toEqual(new Set(["Bearer t1"]));
    expect(await authorizer.authorization(pull)).toBe("Bearer t1");
    expect(await authorizer.authorization(push)).toBe("Bearer t2");
    expect(asked.map(({ scopes }) => scopes)).toEqual([["repository:a:pull"], ["repository:a:pull,push"]]);
  });

  it("asks again when a token has expired", async () => {
    const { authorizer, asked, state } = setUp(user);
    await authorizer.answer(bearer("repository:a:pull"), pull);
    state.now = 999;
    expect(await authorizer.authorization(pull)).toBe("Bearer t1");
    state.now = 1_000;
    expect(await authorizer.authorization(pull)).toBe("Bearer t2");
    expect(asked).toHaveLength(2);
  });

  it("replaces a refused token, but not one that somebody has replaced already", async () => {
    const { authorizer, asked } = setUp(user);
    await authorizer.answer(bearer("repository:a:pull"), pull);
    expect(await authorizer.answer(bearer("repository:a:pull"), pull, "Bearer t1")).toBe("Bearer t2");
    expect(await authorizer.answer(bearer("repository:a:pull"), pull, "Bearer t1")).toBe("Bearer t2");
    expect(asked).toHaveLength(2);
  });

  it("adds what the registry asks for beyond what was expected, and remembers it", async () => {
    const { authorizer, asked } = setUp(user);
    await authorizer.answer(bearer("repository:a:delete registry:catalog:*"), pull);
    await authorizer.authorization(pull);
    expect(asked.map(({ scopes }) => scopes)).toEqual([["repository:a:delete,pull", "registry:catalog:*"]]);
  });

  it("sends an access token as it is, and never to a token server", async () => {
    const { authorizer, asked } = setUp({ registryToken: "given" });
    expect(await authorizer.answer(bearer("repository:a:pull"), pull)).toBe("Bearer given");
    expect(await authorizer.answer(bearer("repository:a:pull"), pull, "Bearer given")).toBeUndefined();
    expect(asked).toEqual([]);
  });

  it("uses the refresh token that the server hands out next", async () => {
    const { authorizer, asked, state } = setUp({ identityToken: "first" }, async () => ({
      value: "t",
      expiresAt: state.now + 1_000,
      identityToken: "second",
    }));
    await authorizer.answer(bearer("repository:a:pull"), pull);
    await authorizer.authorization(push);
    expect(asked.map(({ credential }) => credential)).toEqual([
      { identityToken: "first" },
      { identityToken: "second" },
    ]);
  });

  it("does not keep a failure, and looks credentials up again after a refusal", async () => {
    let isBroken = true;
    const { authorizer, state } = setUp(user, async () => {
      if (isBroken) throw new RegistryError("UNAUTHORIZED", "no", {});
      return { value: "good", expiresAt: 1_000 };
    });
    await rejectsWith(authorizer.answer(bearer("repository:a:pull"), pull), "UNAUTHORIZED");
    isBroken = false;
    expect(await authorizer.authorization(pull)).toBe("Bearer good");
    expect(state.lookups).toBe(2);
  });

  it("refuses a token server that is none, before any credential leaves", async () => {
    const { authorizer, asked } = setUp(user);
    await rejectsWith(authorizer.answer(['Bearer realm="http://evil.example/token"'], pull), "REDIRECT_REFUSED");
    expect(asked).toEqual([]);
  });
});
