import { createHash, randomBytes } from "node:crypto";
import { z } from "zod";
import type { CallOptions } from "../../oci/content.ts";
import { SigningError } from "../errors.ts";
import { askService, type Fetch, parseReply, pause } from "./service.ts";

const service = "identity provider";

/** The public client that sigstore's providers know; it has no secret. */
const clientId = "sigstore";

const Discovery = z.object({ device_authorization_endpoint: z.url(), token_endpoint: z.url() });

const DeviceCode = z.object({
  device_code: z.string().min(1),
  user_code: z.string().regex(/^[A-Za-z0-9-]{1,64}$/),
  verification_uri: z.url({ protocol: /^https?$/ }),
  verification_uri_complete: z.url({ protocol: /^https?$/ }).optional(),
  expires_in: z.int().min(1).max(3600).default(300),
  interval: z.int().min(1).max(60).default(5),
});

const Token = z.object({ id_token: z.string().min(1) });
const Pending = z.object({ error: z.string().max(100) });

/** What a person has to do: open the address, and see to it that the code there is this one. */
export interface DeviceRequest {
  readonly url: string;
  readonly code: string;
}

/** Shows a person what to do. */
export type ShowDeviceRequest = (request: DeviceRequest) => void;

/**
 * Has a person sign in with a browser, on this machine or another.
 *
 * The flow for devices, because it needs no listening port here, and works over ssh.
 *
 * @throws {@link SigningError} `TOKEN_INVALID` when nobody signed in in time; `SERVICE_REFUSED`, `SERVICE_UNAVAILABLE`.
 * @see {@link https://www.rfc-editor.org/rfc/rfc8628}
 */
export async function deviceIdentityToken(
  fetch: Fetch,
  issuer: string,
  show: ShowDeviceRequest,
  options?: CallOptions,
): Promise<string> {
  const configuration = `${issuer.replace(/\/$/, "")}/.well-known/openid-configuration`;
  const discovered = await askService(fetch, { service, url: configuration, method: "GET", ...options });
  const endpoints = parseReply(service, discovered.body, Discovery);
  const verifier = randomBytes(32).toString("base64url");
  const challenge = createHash("sha256").update(verifier).digest("base64url");
  const code = await post(DeviceCode, endpoints.device_authorization_endpoint, {
    client_id: clientId,
    scope: "openid email",
    code_challenge: challenge,
    code_challenge_method: "S256",
  });
  show({ url: code.verification_uri_complete ?? code.verification_uri, code: code.user_code });
  let interval = code.interval;
  for (let waited = 0; waited < code.expires_in; waited += interval) {
    await pause(interval * 1000, options);
    const answer = await post(z.union([Token, Pending]), endpoints.token_endpoint, {
      grant_type: "urn:ietf:params:oauth:grant-type:device_code",
      device_code: code.device_code,
      client_id: clientId,
      code_verifier: verifier,
    });
    if ("id_token" in answer) return answer.id_token;
    if (answer.error === "slow_down") interval += 5;
    else if (answer.error !== "authorization_pending") throw refused(`it said ${JSON.stringify(answer.error)}`);
  }
  throw refused(`nobody signed in within ${code.expires_in} seconds`);

  async function post<Schema extends z.ZodType>(schema: Schema, url: string, form: Record<string, string>) {
    const reply = await askService(fetch, {
      service,
      url,
      contentType: "application/x-www-form-urlencoded",
      accept: "application/json",
      body: new URLSearchParams(form).toString(),
      // "Not yet" comes as 400 (RFC 8628 §3.5).
      isAnswer: (status) => status === 400 || status === 401,
      ...options,
    });
    return parseReply(service, reply.body, schema);
  }
}

function refused(reason: string): SigningError {
  return new SigningError("TOKEN_INVALID", `no identity token from the identity provider: ${reason}`);
}
