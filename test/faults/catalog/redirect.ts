import assert from "node:assert/strict";
import type { LookupFunction } from "node:net";
import { networkError } from "../../../src/stores/remote/http/network-error.ts";
import { followRedirects } from "../../../src/stores/remote/http/redirect.ts";
import { Resolver } from "../../../src/stores/remote/http/resolve.ts";
import { HttpResponse } from "../../../src/stores/remote/http/response.ts";
import { answer, type Intercept } from "../../support/faults/index.ts";
import type { FaultCase, FaultGroup } from "../fault-case.ts";
import { weights } from "../model.ts";
import { always, pull } from "../transfer.ts";
import type { World } from "../world.ts";

const signature = "sig-51ce-s3cret";

/** Redirects the blob to a server of another origin, which must never see the registry's credentials. */
const elsewhere = (intercept: Intercept, tls = false) =>
  pull({
    prepare: async (world) => {
      const { url } = await stranger(world, intercept, tls);
      return { faults: [always("blob.get", to(`${url}/storage?X-Amz-Signature=${signature}`))] };
    },
  });

async function stranger(world: World, intercept: Intercept, tls = false) {
  const storage = await world.front(undefined, intercept, { tls });
  world.secrets.add(signature);
  world.afterwards(() => {
    for (const { headers } of storage.requests) assert.equal(headers.authorization, undefined, "Authorization sent on");
  });
  return storage;
}

const to = (location: string) => ({ kind: "answer", status: 307, headers: { location } }) as const;
const refusedTarget = (id: string, title: string, location: string): FaultCase => ({
  id,
  title,
  expected: "REDIRECT_REFUSED",
  requestsAtMost: 3,
  arrange: pull({ faults: [always("blob.get", to(location))] }),
});

/** The way from a registry that is not on this machine, without a network: the redirect alone. */
const fromAfar = (location: string) => async () => {
  const request = { method: "GET", url: { origin: "https://registry.example", path: "/v2/x" }, headers: {} };
  const parts = { body: (async function* () {})(), discard: async () => {}, headers: { location } };
  return () =>
    followRedirects(request, async ({ url }) => new HttpResponse({ ...parts, method: "GET", url, status: 307 }));
};

const cases: readonly FaultCase[] = [
  {
    id: "redirect-other-host",
    title: "307 to another host",
    expected: "ok",
    how: "no Authorization sent",
    advisories: ["GHSA-vh4v-2xq2-g5cg", "ggcr#2295"],
    requestsAtMost: 4,
    peers: { oras: "ok, no Authorization sent", regctl: "same", crane: "same" },
    arrange: elsewhere(() => answer(200, {}, weights)),
  },
  {
    id: "redirect-host-asks",
    title: "that host answers 401 Basic",
    expected: "UNAUTHORIZED",
    how: "its challenge is never answered",
    requestsAtMost: 4,
    peers: {
      oras: "fails, no credentials sent",
      regctl: "fails (retries), no credentials",
      crane: "fails, no credentials",
    },
    arrange: elsewhere(() => answer(401, { "www-authenticate": 'Basic realm="tell me"' })),
  },
  {
    id: "redirect-host-asks-token",
    title: "that host answers 401 Bearer, with itself as the token server",
    expected: "UNAUTHORIZED",
    how: "its challenge is never answered",
    advisories: ["GHSA-vh4v-2xq2-g5cg"],
    requestsAtMost: 4,
    arrange: elsewhere(({ path, headers }) =>
      path.startsWith("/token")
        ? answer(200, { "content-type": "application/json" }, '{"token":"x"}')
        : answer(401, { "www-authenticate": `Bearer realm="http://${headers.host}/token"` }),
    ),
  },
  {
    id: "redirect-self",
    title: "307 to itself",
    expected: "REDIRECT_REFUSED",
    requestsAtMost: 3,
    peers: {
      oras: "**infinite loop, ~14,000 requests/s until killed**",
      regctl: "stops (10 hops × 5)",
      crane: "**infinite loop, ~12,700 requests/s**",
      skopeo: "10 hops",
      ctr: "10 hops",
    },
    arrange: pull({ front: ({ route, path }) => (route === "blob.get" ? answer(307, { location: path }) : undefined) }),
  },
  {
    id: "redirect-circle",
    title: "307 in a circle of two",
    expected: "REDIRECT_REFUSED",
    requestsAtMost: 5,
    arrange: pull({
      front: ({ route, number }) =>
        route === "blob.get" ? answer(307, { location: `?hop=${number % 2}` }) : undefined,
    }),
  },
  {
    id: "redirect-endless",
    title: "307 to ever new addresses",
    expected: "REDIRECT_REFUSED",
    how: "ten hops",
    requestsAtMost: 13,
    arrange: pull({
      front: ({ route, number }) => (route === "blob.get" ? answer(307, { location: `?hop=${number}` }) : undefined),
    }),
  },
  {
    id: "redirect-downgrade",
    title: "https to http",
    expected: "REDIRECT_REFUSED",
    requestsAtMost: 3,
    arrange: pull({
      tls: true,
      prepare: async (world) => {
        const { url } = await stranger(world, () => answer(200, {}, weights));
        return { front: ({ route }) => (route === "blob.get" ? answer(307, { location: `${url}/x` }) : undefined) };
      },
    }),
  },
  refusedTarget("redirect-file", "to file:///etc/passwd", "file:///etc/passwd"),
  refusedTarget("redirect-user-info", "to a URL with a user name and password", "http://robot:pw@127.0.0.1/x"),
  {
    id: "redirect-metadata",
    title: "from a registry elsewhere to a cloud's metadata address",
    expected: "REDIRECT_REFUSED",
    requestsAtMost: 0,
    arrange: fromAfar("https://169.254.169.254/latest/meta-data/"),
  },
  {
    id: "redirect-loopback",
    title: "from a registry elsewhere to this machine",
    expected: "REDIRECT_REFUSED",
    requestsAtMost: 0,
    arrange: fromAfar("https://127.0.0.1:6443/api"),
  },
  {
    id: "redirect-name-is-local",
    title: "from a registry elsewhere to a name that turns out to be a metadata address",
    expected: "REDIRECT_REFUSED",
    how: "the address is looked at when it is known",
    advisories: ["ggcr#2440"],
    requestsAtMost: 0,
    arrange: async () => {
      const lookup: LookupFunction = (_name, _options, callback) => callback(null, "169.254.169.254", 4);
      const resolver = new Resolver({ origin: "https://registry.example", addresses: [], lookup });
      const url = { origin: "https://evil.example", path: "/" };
      return () =>
        new Promise<void>((resolve, reject) => {
          resolver.lookup("evil.example", {}, (error) =>
            error ? reject(networkError(error, { method: "GET", url })) : resolve(),
          );
        });
    },
  },
];

export const redirect: FaultGroup = {
  title: "Redirects",
  about: "Of the GET of a blob. Signatures in a redirect's query are secrets, too.",
  cases,
};
