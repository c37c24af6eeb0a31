import { createPublicKey, type KeyObject, sign } from "node:crypto";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { signDigest } from "./sign-digest.ts";

/** The transit engine of Vault as its API documentation has it: the keys, reading them and signing with them. */
export interface FakeVault {
  readonly address: string;
  /** Versions of each key, oldest first. */
  readonly keys: Map<string, KeyObject[]>;
  /** Every request: method, path, and who asked. */
  readonly requests: { readonly method: string; readonly path: string; readonly token: string | undefined }[];
  close(): Promise<void>;
}

export const vaultToken = "hvs.test";

interface SignRequest {
  readonly input: string;
  readonly prehashed?: boolean;
  readonly key_version?: number | string;
}

/** Starts a Vault in this process. It is ours: a real one cannot be built from a module proxy that refuses it. */
export async function startVault(mount = "transit"): Promise<FakeVault> {
  const keys = new Map<string, KeyObject[]>();
  const requests: FakeVault["requests"][number][] = [];
  const server = createServer((request, response) => {
    void answer(request).then(([status, body]) => {
      response.writeHead(status, { "content-type": "application/json" });
      response.end(JSON.stringify(body));
    });
  });

  const answer = async (request: IncomingMessage): Promise<[number, object]> => {
    const { method = "", url: path = "", headers } = request;
    const bearer = /^Bearer (.+)$/.exec(headers.authorization ?? "")?.[1];
    const token = bearer ?? headers["x-vault-token"]?.toString();
    requests.push({ method, path, token });
    if (token !== vaultToken) return [403, { errors: ["permission denied"] }];
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
    const [, action, name = ""] = new RegExp(`^/v1/${mount}/(keys|sign)/([\\w.-]+)(?:/sha2-256)?$`).exec(path) ?? [];
    const versions = keys.get(name);
    if (!versions) return [404, { errors: [] }];
    if (action === "keys") return [200, { data: describe(name, versions) }];
    const body = JSON.parse(Buffer.concat(chunks).toString()) as SignRequest;
    const version = Number(body.key_version) || versions.length;
    const key = versions[version - 1];
    if (!key) return [400, { errors: ["requested version is unavailable"] }];
    const signature = signInput(key, Buffer.from(body.input, "base64"), body.prehashed === true);
    if (!signature) return [400, { errors: ["this stand-in signs what is not hashed"] }];
    return [200, { data: { signature: `vault:v${version}:${signature.toString("base64")}`, key_version: version } }];
  };

  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  return {
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    keys,
    requests,
    close: () => new Promise((done) => server.close(() => done())),
  };
}

function describe(name: string, versions: readonly KeyObject[]): object {
  const entries = versions.map((key, at) => {
    const publicKey = createPublicKey(key);
    const isEd25519 = key.asymmetricKeyType === "ed25519";
    const { x = "" } = publicKey.export({ format: "jwk" });
    const text = isEd25519
      ? Buffer.from(x, "base64url").toString("base64")
      : publicKey.export({ type: "spki", format: "pem" }).toString();
    return [String(at + 1), { name: isEd25519 ? "ed25519" : "P-256", public_key: text }];
  });
  return { name, latest_version: versions.length, keys: Object.fromEntries(entries) };
}

function signInput(key: KeyObject, input: Buffer, prehashed: boolean): Buffer | undefined {
  if (key.asymmetricKeyType === "ed25519") return prehashed ? undefined : sign(null, input, key);
  return prehashed ? signDigest(key, input) : undefined;
}
