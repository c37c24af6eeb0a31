import { z } from "zod";
import type { CallOptions } from "../../oci/content.ts";
import { askService, type Fetch, parseReply } from "./service.ts";

/** Whom a token is for; Fulcio takes no other. */
const audience = "sigstore";

/** What a CI system puts into the environment of a job. */
export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Gets an identity token from the CI system that this runs in: GitHub Actions, where the job has `id-token: write`;
 * else `SIGSTORE_ID_TOKEN`, which GitLab fills by `id_tokens`, and any other system can.
 *
 * @returns undefined where there is none.
 * @throws `SigningError` `SERVICE_REFUSED`, `SERVICE_UNAVAILABLE`.
 */
export async function ciIdentityToken(
  env: Environment,
  fetch: Fetch,
  options?: CallOptions,
): Promise<string | undefined> {
  const given = env["SIGSTORE_ID_TOKEN"];
  if (given) return given;
  const url = env["ACTIONS_ID_TOKEN_REQUEST_URL"];
  const bearer = env["ACTIONS_ID_TOKEN_REQUEST_TOKEN"];
  if (!url || !bearer || !URL.canParse(url)) return undefined;
  const asking = new URL(url);
  asking.searchParams.set("audience", audience);
  const service = "identity provider";
  const reply = await askService(fetch, {
    service,
    url: asking.href,
    method: "GET",
    accept: "application/json",
    authorization: `bearer ${bearer}`,
    ...options,
  });
  return parseReply(service, reply.body, z.object({ value: z.string().min(1) })).value;
}
