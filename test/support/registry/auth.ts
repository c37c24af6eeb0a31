import { randomBytes } from "node:crypto";
import type { AuthOptions } from "./options.ts";
import { errorReply, jsonReply, type Reply } from "./reply.ts";

interface Grant {
  readonly scopes: readonly string[];
  readonly endsAt: number;
}

interface Asked {
  readonly method: string;
  readonly headers: Readonly<Record<string, string | undefined>>;
}

/** Who may do what: one user who may do everything, and perhaps anybody who may pull. */
export class Gate {
  readonly #auth: AuthOptions;
  readonly #origin: string;
  readonly #grants = new Map<string, Grant>();

  constructor(auth: AuthOptions, origin: string) {
    this.#auth = auth;
    this.#origin = origin;
  }

  /** Makes every token invalid at once. */
  revokeTokens(): void {
    this.#grants.clear();
  }

  /** The refusal of a request, or undefined to let it pass. */
  check({ headers }: Asked, scope: string): Reply | undefined {
    const auth = this.#auth;
    const given = headers["authorization"];
    if (auth.kind === "none") return undefined;
    if (auth.kind === "basic") return given === basic(auth) ? undefined : unauthorized(`Basic realm="test, registry"`);
    const grant = this.#grants.get(given?.replace(/^Bearer /, "") ?? "");
    const isLive = grant !== undefined && grant.endsAt > Date.now();
    if (isLive && covers(grant.scopes, scope)) return undefined;
    const error = given === undefined ? "" : `,error="${isLive ? "insufficient_scope" : "invalid_token"}"`;
    const realm = auth.realm ?? `${this.#origin}/token`;
    const wanted = scope === "" ? "" : `,scope="${scope}"`;
    return unauthorized(`Bearer realm="${realm}",service="test registry"${wanted}${error}`);
  }

  /** Harbor's own API takes the password with every request and knows nothing of the registry's tokens. */
  checkHarbor({ headers }: Asked, route: string): Reply | undefined {
    if (this.#auth.kind === "none" || route === "harbor.ping") return undefined;
    return headers["authorization"] === basic(this.#auth) ? undefined : errorReply(401, "UNAUTHORIZED");
  }

  /** The token endpoint: GET with Basic or nothing, POST with a refresh token. */
  token({ method, headers }: Asked, query: URLSearchParams, body: Uint8Array): Reply {
    const auth = this.#auth;
    if (auth.kind !== "bearer") return errorReply(404, "UNSUPPORTED");
    const form = new URLSearchParams(Buffer.from(body).toString());
    const isPost = method === "POST";
    const scopes = isPost ? (form.get("scope") ?? "").split(" ") : query.getAll("scope");
    const isUser = isPost
      ? auth.refreshToken !== undefined && form.get("refresh_token") === auth.refreshToken
      : headers["authorization"] === basic(auth);
    if (!isUser && (isPost || headers["authorization"] !== undefined || !auth.anonymousPull)) {
      return errorReply(isPost ? 400 : 401, "UNAUTHORIZED", "wrong credentials");
    }
    const value = `token-${randomBytes(12).toString("hex")}`;
    const seconds = auth.tokenSeconds ?? 300;
    const granted = isUser ? scopes : scopes.map((scope) => scope.replace(/:[^:]*$/, ":pull"));
    this.#grants.set(value, { scopes: granted, endsAt: Date.now() + seconds * 1_000 });
    return jsonReply(200, { [isPost ? "access_token" : "token"]: value, expires_in: seconds });
  }
}

/** The scope a request needs. */
export function scopeOf(method: string, name: string, isCatalog: boolean): string {
  if (isCatalog) return "registry:catalog:*";
  if (name === "") return "";
  const action = { GET: "pull", HEAD: "pull", DELETE: "delete" }[method] ?? "pull,push";
  return `repository:${name}:${action}`;
}

function covers(granted: readonly string[], scope: string): boolean {
  if (scope === "") return true;
  const split = (text: string) =>
    [text.slice(0, text.lastIndexOf(":")), text.slice(text.lastIndexOf(":") + 1)] as const;
  const [resource, wanted] = split(scope);
  const actions = granted.map(split).flatMap(([name, list]) => (name === resource ? list.split(",") : []));
  return wanted.split(",").every((action) => actions.includes(action) || actions.includes("*"));
}

function basic({ username, password }: { username: string; password: string }): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;
}

function unauthorized(challenge: string): Reply {
  return errorReply(401, "UNAUTHORIZED", "authentication required", { "www-authenticate": challenge });
}
