/** OCI registries over HTTP. */
export type { Credential, CredentialSource } from "./auth/credentials.ts";
export { DockerCredentials, type DockerCredentialsOptions } from "./auth/docker-credentials.ts";
export { RegistryError, type RegistryErrorCode } from "./http/error.ts";
export type { Timeouts } from "./http/exchange.ts";
export { type ProxyOptions, parseProxy } from "./http/proxy.ts";
export { type HostAddress, parseHostAddress } from "./http/resolve.ts";
export type { RetryOptions } from "./http/retry.ts";
export { checkLogin } from "./login.ts";
export type { RemoteOptions } from "./options.ts";
export { RemoteRegistry } from "./registry.ts";
export { RemoteRepository } from "./repository.ts";
