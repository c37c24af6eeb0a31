import { describe, expect, it } from "vitest";
import { rejectsWith } from "../../../../test/support/expect.ts";
import { RegistryError } from "../http/error.ts";
import { Authorizer } from "./authorizer.ts";
import type { Credential, CredentialSource } from "./credentials.ts";
import type { Token, TokenRequest } from "./token.ts";

const user = { username: "ann", password: "pw" };
const bearer = (scope: string) => [`Bearer realm="https://auth.example/token",service="s",scope="${scope}"`];
const pull = ["repository:a:pull"];
const push = ["repository:a:pull,push"];
/** Of every token in these tests. */
const lifeMs = 1_000;
/** More than arrives in a second. */
const longBody = 64 * 1024 * 1024;

function setUp(
  credential: Credential | CredentialSource | undefined,
  answer?: (request: TokenRequest) => Promise<Token>,
) {
  const asked: TokenRequest[] = [];
  const state = { now: 0, lookups: 0 };
  const authorizer = new Authorizer({
    host: "r.example",
    prefix: "ml",
    origin: "https://r.example",
    clock: () => new Date(state.now),
    credentials: async (host, repository) => {
      state.lookups += 1;
      return typeof credential === "function" ? credential(host, repository) : credential;
    },
    fetchToken: async (request) => {
      asked.push(request);
      return answer ? answer(request) : { value: `t${asked.length}`, expiresAt: state.now + lifeMs, lifeMs };
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
      expiresAt: state.now + lifeMs,
      lifeMs,
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
      return { value: "good", expiresAt: lifeMs, lifeMs };
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

  it("before a long body, renews a token that may not last; a fresh one is used, however long the body", async () => {
    const { authorizer, asked, state } = setUp(user);
    await authorizer.answer(bearer("repository:a:pull"), pull);
    expect(await authorizer.authorization(pull, longBody)).toBe("Bearer t1");
    state.now = 500;
    expect(await authorizer.authorization(pull, 1_000)).toBe("Bearer t1");
    expect(await authorizer.authorization(pull, longBody)).toBe("Bearer t2");
    expect(await authorizer.authorization(pull, longBody)).toBe("Bearer t2");
    expect(asked).toHaveLength(2);
  });

  it("renews once for many long bodies, and goes on with the old token when that fails", async () => {
    let isBroken = false;
    const { authorizer, asked, state } = setUp(user, async () => {
      if (isBroken) throw new RegistryError("UNAVAILABLE", "no", {});
      return { value: `t${asked.length}`, expiresAt: state.now + lifeMs, lifeMs };
    });
    await authorizer.answer(bearer("repository:a:pull"), pull);
    state.now = 500;
    isBroken = true;
    const many = () => Promise.all([1, 2, 3, 4].map(() => authorizer.authorization(pull, longBody)));
    expect(new Set(await many())).toEqual(new Set(["Bearer t1"]));
    expect(asked).toHaveLength(2);
    state.now = 1_000;
    await rejectsWith(authorizer.authorization(pull, longBody), "UNAVAILABLE");
    isBroken = false;
    expect(new Set(await many())).toEqual(new Set(["Bearer t4"]));
  });

  it("uses a refresh token that changes with every use by one request at a time, for all repositories", async () => {
    const uses: string[] = [];
    const { authorizer } = setUp({ identityToken: "r0" }, async ({ credential }) => {
      const used = credential && "identityToken" in credential ? credential.identityToken : "none";
      await new Promise((done) => setTimeout(done, 2));
      if (uses.includes(used)) throw new RegistryError("UNAUTHORIZED", `${used} was used twice`, {});
      uses.push(used);
      return { value: `t${uses.length}`, expiresAt: lifeMs, lifeMs, identityToken: `r${uses.length}` };
    });
    await authorizer.answer(bearer("repository:a:pull"), pull);
    await Promise.all(
      [push, ["repository:b:pull"], ["repository:c:pull"]].map((each) => authorizer.authorization(each)),
    );
    expect(uses).toEqual(["r0", "r1", "r2", "r3"]);
    expect(await authorizer.secrets()).toEqual(expect.arrayContaining(["r0", "r4"]));
  });

  it("looks credentials up per repository, and for the prefix where there is none", async () => {
    const { authorizer } = setUp(async (host, repository) => ({ username: `${host}/${repository}`, password: "pw" }));
    const sent = (header: string | undefined) => Buffer.from(header?.slice("Basic ".length) ?? "", "base64").toString();
    expect(sent(await authorizer.answer(["Basic realm=x"], pull))).toBe("r.example/a:pw");
    expect(sent(await authorizer.authorization(["repository:b/c:pull,push"]))).toBe("r.example/b/c:pw");
    expect(sent(await authorizer.authorization(["repository:b:push", "repository:a:pull"]))).toBe("r.example/b:pw");
    expect(sent(await authorizer.authorization([]))).toBe("r.example/ml:pw");
  });
});
