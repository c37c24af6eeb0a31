import { hostnameOf, isPrivateHost } from "../http/address.ts";
import { RegistryError } from "../http/error.ts";
import { type HttpUrl, httpUrl, redactUrl } from "../http/url.ts";

/**
 * Accepts the token server that a challenge names. Credentials go there, so a lie here steals them
 * (CVE-2026-48978, CVE-2020-15157).
 *
 * Refused: anything but http and https; http for a registry that is reached by https; an address literal inside
 * somebody's network, unless it is the registry's own host. Another public host is fine: that is how Docker Hub works.
 *
 * @throws {@link RegistryError} `REDIRECT_REFUSED`.
 */
export function checkRealm(realm: string, registryOrigin: string): HttpUrl {
  const registry: HttpUrl = { origin: registryOrigin, path: "/v2/" };
  const refuse = (reason: string) =>
    new RegistryError("REDIRECT_REFUSED", `the token server ${reason}`, { method: "GET", url: registry });
  // No base: a relative realm is not allowed, and would make the registry its own token server.
  const url = httpUrl(realm);
  if (!url) throw refuse("is not a plain http or https URL");
  const host = hostnameOf(url.origin);
  if (registryOrigin.startsWith("https:") && !url.origin.startsWith("https:")) {
    throw refuse(`${redactUrl(url)} is not https, but the registry is`);
  }
  if (host !== hostnameOf(registryOrigin) && isPrivateHost(host)) {
    throw refuse(
      `${redactUrl(url)} is an address of a private network, expected the registry's own host or a public one`,
    );
  }
  return url;
}
