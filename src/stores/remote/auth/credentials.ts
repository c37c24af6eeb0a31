import { RegistryError } from "../http/error.ts";

/** What a user has to show to a registry. */
export type Credential =
  | { readonly username: string; readonly password: string }
  /** An OAuth2 refresh token, as `docker login` keeps it under `identitytoken`. */
  | { readonly identityToken: string }
  /** An access token that is sent as it is. */
  | { readonly registryToken: string };

/**
 * Finds the credential for a host such as `registry.example.com:5000`; undefined means anonymous.
 *
 * @param repository - full name on the registry, such as `ml/risk`, since some files keep one credential per path; left
 * out for what belongs to the registry as a whole.
 */
export type CredentialSource = (host: string, repository?: string) => Promise<Credential | undefined>;

/** The texts of a credential that must never appear in a message. */
export function secretsOf(credential: Credential | undefined): readonly string[] {
  if (!credential) return [];
  if ("password" in credential) return [credential.password, basicCode(credential.username, credential.password)];
  return ["identityToken" in credential ? credential.identityToken : credential.registryToken];
}

/** @see {@link https://www.rfc-editor.org/rfc/rfc7617} */
export function basicCode(username: string, password: string): string {
  return Buffer.from(`${username}:${password}`).toString("base64");
}

/** Credentials that cannot be read or kept; no request was made. */
export function credentialError(message: string, cause?: unknown): RegistryError {
  return new RegistryError("UNAUTHORIZED", message, { cause });
}
