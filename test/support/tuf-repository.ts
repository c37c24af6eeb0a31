import { createHash, generateKeyPairSync, type KeyObject, sign } from "node:crypto";

/** A TUF repository as files by path, signed by one key for all roles. */
export interface TufRepository {
  /** The root to start from: what an operator gives out. */
  readonly root: Buffer;
  /** Publishes new targets as the next version of everything. */
  publish(targets: Readonly<Record<string, Uint8Array>>, options?: { readonly expires?: Date }): void;
  /** What is served under a path such as `/timestamp.json`. */
  read(path: string): Buffer | undefined;
}

/** @see {@link https://theupdateframework.github.io/specification/v1.0.33/#document-formats} */
export function tufRepository(): TufRepository {
  const { privateKey, publicKey } = generateKeyPairSync("ed25519");
  const keyid = sha256(publicKey.export({ type: "spki", format: "der" }));
  const roles = Object.fromEntries(
    ["root", "timestamp", "snapshot", "targets"].map((role) => [role, { keyids: [keyid], threshold: 1 }]),
  );
  const raw = publicKey.export({ type: "spki", format: "der" }).subarray(-32).toString("hex");
  const keys = { [keyid]: { keytype: "ed25519", scheme: "ed25519", keyval: { public: raw } } };
  const inAYear = new Date(Date.now() + 365 * 86_400_000);
  const signed = (fields: object, version: number, expires = inAYear) =>
    signMetadata({ ...fields, version, expires: `${expires.toISOString().slice(0, 19)}Z` }, keyid, privateKey);
  const root = signed({ _type: "root", spec_version: "1.0.31", consistent_snapshot: true, keys, roles }, 1);
  const files = new Map<string, Buffer>([["/1.root.json", root]]);
  let version = 0;
  return {
    root,
    publish: (contents, { expires } = {}) => {
      version++;
      const targets = Object.fromEntries(
        Object.entries(contents).map(([name, bytes]) => [
          name,
          { length: bytes.byteLength, hashes: { sha256: sha256(bytes) } },
        ]),
      );
      for (const [name, bytes] of Object.entries(contents)) {
        files.set(`/targets/${sha256(bytes)}.${name}`, Buffer.from(bytes));
      }
      const meta = (name: string) => ({ [name]: { version } });
      const spec = { spec_version: "1.0.31" };
      files.set(`/${version}.targets.json`, signed({ _type: "targets", ...spec, targets }, version));
      files.set(
        `/${version}.snapshot.json`,
        signed({ _type: "snapshot", ...spec, meta: meta("targets.json") }, version),
      );
      const timestamp = { _type: "timestamp", ...spec, meta: meta("snapshot.json") };
      files.set("/timestamp.json", signed(timestamp, version, expires));
    },
    read: (path) => files.get(path),
  };
}

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

function signMetadata(signed: object, keyid: string, key: KeyObject): Buffer {
  const sig = sign(null, Buffer.from(canonical(signed)), key).toString("hex");
  return Buffer.from(JSON.stringify({ signatures: [{ keyid, sig }], signed }));
}

/** OLPC canonical JSON, for values without control characters. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const entries = Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1));
  return `{${entries.map(([key, inner]) => `${JSON.stringify(key)}:${canonical(inner)}`).join(",")}}`;
}
