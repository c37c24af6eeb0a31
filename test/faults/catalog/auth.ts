import assert from "node:assert/strict";
import { type Answer, answer, type Intercept } from "../../support/faults/index.ts";
import type { RunningRegistry } from "../../support/registry/index.ts";
import type { FaultCase, FaultGroup } from "../fault-case.ts";
import { always, pull, push, type TransferFault } from "../transfer.ts";
import { robot, type World } from "../world.ts";

const basic = `Basic ${Buffer.from(`${robot.username}:${robot.password}`).toString("base64")}`;
const bearer = { kind: "bearer", ...robot } as const;
const issued = "t0ken-s3cret-93ab";
const challenge = (realm: string) => ({ "www-authenticate": `Bearer realm="${realm}",service="registry"` });

/** The registry sends mreg to this token server. */
const realm = (url: string, options: TransferFault = {}) =>
  pull({ ...options, front: ({ route }) => (route === "manifest.head" ? answer(401, challenge(url)) : undefined) });

/** A registry that takes one Bearer token, which its token server gives out in this way. */
const tokens = (give: Answer, options: TransferFault = {}) =>
  pull({
    ...options,
    prepare: async (world) => {
      world.secrets.add(issued);
      const server = await tokenServer(world, give);
      return { front: guarded(`${server.url}/token`) };
    },
  });

const guarded =
  (realmUrl: string): Intercept =>
  ({ headers }) => {
    if (headers.authorization !== `Bearer ${issued}`) return answer(401, challenge(realmUrl));
    // What stands behind knows only the password.
    headers.authorization = basic;
    return undefined;
  };

async function tokenServer(world: World, give: Answer) {
  return world.front(undefined, () => give);
}

const token = (fields: Record<string, unknown>) =>
  answer(200, { "content-type": "application/json" }, JSON.stringify(fields));

/** A server that must not be asked for anything. */
async function untouched(world: World, tls = false) {
  const server = await world.front(undefined, () => token({ token: "x" }), { tls });
  world.afterwards(() => assert.equal(server.requests.length, 0, "requests to the stranger"));
  return server;
}

/** Answers the upload of the weights with 401 once, after half of it, and makes all tokens invalid. */
const revokedInPut =
  (server: RunningRegistry): Intercept =>
  ({ route, number }) => {
    if (route !== "upload.put" || number !== 2) return undefined;
    return (request, response) => {
      request.once("data", () => {
        server.revokeTokens();
        answer(401, { ...challenge(`${server.url}/token`), connection: "close" }, "{}")(request, response);
      });
    };
  };

const lives: readonly FaultCase[] = [
  ["missing", {}, "is missing"],
  ["zero", { expires_in: 0 }, "is 0"],
  ["nanoseconds", { expires_in: 3e11 }, "is 3e11 (olareg: nanoseconds)"],
].map(([name, fields, text]) => ({
  id: `token-life-${name as string}`,
  title: `expires_in ${text as string}`,
  expected: "ok",
  how: "one token for the whole pull",
  requestsAtMost: 5,
  arrange: tokens(token({ token: issued, ...(fields as object) })),
}));

const refusedRealm = (id: string, title: string, url: string, ...advisories: readonly string[]): FaultCase => ({
  id,
  advisories,
  title,
  expected: "REDIRECT_REFUSED",
  requestsAtMost: 1,
  arrange: realm(url),
});

const cases: readonly FaultCase[] = [
  {
    id: "realm-other-host",
    title: "401 Bearer with a realm on another host, an address of a private network",
    expected: "REDIRECT_REFUSED",
    how: "nothing is sent there; a public name is accepted, since that is how Docker Hub works",
    advisories: ["CVE-2026-48978", "ggcr#2193", "ggcr#2349"],
    requestsAtMost: 1,
    peers: {
      oras: "**sends `Basic user:pass` there**",
      regctl: "**sends it**",
      crane: "refuses private addresses (source)",
    },
    arrange: realm("http://10.11.12.13/token"),
  },
  {
    id: "realm-downgrade",
    title: "https registry, http realm",
    expected: "REDIRECT_REFUSED",
    requestsAtMost: 1,
    arrange: pull({
      tls: true,
      prepare: async (world) => {
        const { url } = await untouched(world);
        return {
          front: ({ route }) => (route === "manifest.head" ? answer(401, challenge(`${url}/token`)) : undefined),
        };
      },
    }),
  },
  refusedRealm(
    "realm-metadata",
    "a realm that is a cloud's metadata address",
    "http://169.254.169.254/latest/meta-data/",
    "CVE-2026-33990",
  ),
  refusedRealm("realm-file", "a realm that is a file", "file:///etc/passwd"),
  refusedRealm("realm-relative", "a realm without a host", "/token"),
  {
    id: "token-redirect",
    title: "the token server redirects to another origin",
    expected: "UNAUTHORIZED",
    how: "no credentials sent there",
    advisories: ["ggcr#2291"],
    requestsAtMost: 8,
    arrange: pull({
      prepare: async (world) => {
        const other = await world.front(undefined, () => token({ token: "from-a-stranger" }));
        world.afterwards(() => {
          assert.ok(other.requests.length > 0);
          for (const { headers } of other.requests)
            assert.equal(headers.authorization, undefined, "credentials sent on");
        });
        const server = await tokenServer(world, answer(307, { location: `${other.url}/token` }));
        return { front: guarded(`${server.url}/token`) };
      },
    }),
  },
  {
    id: "token-loop",
    title: "the token server redirects to itself",
    expected: "REDIRECT_REFUSED",
    requestsAtMost: 3,
    arrange: tokens((request, response) => answer(307, { location: request.url ?? "/" })(request, response)),
  },
  {
    id: "token-expired-before",
    title: "the token expires before a PUT",
    expected: "ok",
    requestsAtMost: 11,
    arrange: push({ registry: { auth: bearer }, before: (server) => server.revokeTokens() }),
  },
  {
    id: "token-revoked-during",
    title: "the token is revoked in the middle of a PUT (401)",
    expected: "ok",
    how: "a new token, a new upload, the source read again",
    requestsAtMost: 15,
    peers: { oras: "fails", regctl: "fails" },
    arrange: push({ registry: { auth: bearer }, prepare: async (_world, server) => ({ front: revokedInPut(server) }) }),
  },
  {
    id: "401-forever",
    title: "401 for every token",
    expected: "UNAUTHORIZED",
    requestsAtMost: 4,
    arrange: pull({
      registry: { auth: bearer },
      prepare: async (_world, server) => ({
        front: ({ route }) => (route === "manifest.head" ? answer(401, challenge(`${server.url}/token`)) : undefined),
      }),
    }),
  },
  {
    id: "401-forever-put",
    title: "401 for every PUT",
    expected: "UNAUTHORIZED",
    requestsAtMost: 14,
    arrange: push({ faults: [always("upload.put", { kind: "interrupt", afterBytes: 1, outcome: 401 })] }),
  },
  {
    id: "403",
    title: "403",
    expected: "DENIED",
    requestsAtMost: 1,
    arrange: pull({ faults: [always("manifest.head", { kind: "answer", status: 403 })] }),
  },
  ...lives,
  {
    id: "token-html",
    title: "the token server answers an HTML page",
    expected: "BAD_RESPONSE",
    requestsAtMost: 2,
    arrange: tokens(answer(200, { "content-type": "text/html" }, "<h1>hi</h1>")),
  },
  {
    id: "token-huge",
    title: "a token of 1 MiB",
    expected: "LIMIT_EXCEEDED",
    requestsAtMost: 2,
    arrange: tokens(token({ token: "x".repeat(1024 * 1024) })),
  },
  {
    id: "token-splits-header",
    title: "a token with a line break in it",
    expected: "BAD_RESPONSE",
    requestsAtMost: 2,
    arrange: tokens(token({ token: "abc\r\nx-evil: 1" })),
  },
  {
    id: "token-echoes-password",
    title: "the token server repeats the password in its error",
    expected: "UNAUTHORIZED",
    how: "the message leaves it out",
    requestsAtMost: 2,
    arrange: tokens((request, response) => {
      const text = `bad login ${robot.username}:${robot.password} ${request.headers.authorization}`;
      answer(
        401,
        { "content-type": "application/json" },
        JSON.stringify({ errors: [{ code: "X", message: text }] }),
      )(request, response);
    }),
  },
  {
    id: "registry-echoes-authorization",
    title: "the registry repeats the Authorization header in its error",
    expected: "DENIED",
    how: "the message leaves it out",
    requestsAtMost: 3,
    arrange: pull({
      front: ({ route, headers }) =>
        route === "blob.get"
          ? answer(403, { "content-type": "text/plain" }, `who is ${headers.authorization}?`)
          : undefined,
    }),
  },
];

export const auth: FaultGroup = {
  title: "Authentication",
  about:
    "Realms, tokens and refusals. Every case of the suite also checks that neither password nor token shows in anything mreg says.",
  cases,
};
