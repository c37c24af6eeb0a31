import { hostnameOf, isPrivateHost } from "../http/address.ts";
import { RegistryError } from "../http/error.ts";
import { type HttpUrl, httpUrl, redactUrl } from "../http/url.ts";

/** How a token server is refused: with these words after it, and nothing sent to it. */
type Refuse = (reason: string) => RegistryError;

/**
 * Accepts the token server that a challenge names. Credentials go there, so a lie here steals them
 * (CVE-2026-48978, CVE-2020-15157).
 *
 * Refused: anything but http and https; http for a registry that is reached by https; an address literal inside
 * somebody's network, unless it is the registry's own host. Another public host is fine: that is how Docker Hub works.
 * A name that leads to this machine is refused where the connection is made ({@link LocalAddressError}).
 *
 * @throws {@link RegistryError} `REDIRECT_REFUSED`.
 */
export function checkRealm(realm: string, registryOrigin: string): HttpUrl {
  const registry: HttpUrl = { origin: registryOrigin, path: "/v2/" };
  const refuse: Refuse = (reason) =>
    new RegistryError("REDIRECT_REFUSED", `the token server ${reason}`, { method: "GET", url: registry });
  // No base: a relative realm is not allowed, and would make the registry its own token server.
  const url = httpUrl(realm);
  if (!url) throw refuse("is not a plain http or https URL");
  checkTokenServer(url, registryOrigin, refuse);
  return url;
}

/** The same for a URL that the token server itself redirects to (ggcr#2292): it is as foreign as the first one. */
export function checkTokenRedirect(url: HttpUrl, registryOrigin: string): void {
  checkTokenServer(
    url,
    registryOrigin,
    (reason) => new RegistryError("REDIRECT_REFUSED", `the token server's redirect ${reason}`, { method: "GET", url }),
  );
}

function checkTokenServer(url: HttpUrl, registryOrigin: string, refuse: Refuse): void {
  const host = hostnameOf(url.origin);
  if (registryOrigin.startsWith("https:") && !url.origin.startsWith("https:")) {
    throw refuse(`${redactUrl(url)} is not https, but the registry is`);
  }
  if (host !== hostnameOf(registryOrigin) && isPrivateHost(host)) {
    throw refuse(
      `${redactUrl(url)} is an address of a private network, expected the registry's own host or a public one`,
    );
  }
}
