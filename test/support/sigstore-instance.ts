import { createHash, generateKeyPairSync, type KeyObject, sign, X509Certificate } from "node:crypto";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { fulcioHandler, initializeCA, initializeCTLog, initializeTLog, initializeTSA } from "@sigstore/mock";
import { parseTrustRoot, type TrustRoot } from "../../src/trust/trust-root.ts";
import { type TufRepository, tufRepository } from "./tuf-repository.ts";

/** Moments at which the parts of an instance live; all are the present unless a test wants them to disagree. */
export interface InstanceOptions {
  /** When the certificate authority issues: its certificates are valid for ten minutes from then. */
  readonly issuesAt?: Date;
  /** When log and timestamp authority testify. */
  readonly testifiesAt?: Date;
  /** A certificate authority that skips the certificate log. */
  readonly withoutCertificateLog?: boolean;
}

/** A whole sigstore instance on one port of this machine: Fulcio, Rekor 1 and 2, a timestamp authority. */
export interface SigstoreInstance {
  readonly url: string;
  readonly tsaUrl: string;
  /** `trusted_root.json` */
  readonly trustedRoot: Buffer;
  readonly root: TrustRoot;
  /** A signing configuration that names this instance alone. */
  readonly signingConfig: Buffer;
  /** Its TUF repository, at `<url>/tuf`; the trusted root and the signing configuration are in it. */
  readonly tuf: TufRepository;
  /** Paths asked for so far. */
  readonly requests: readonly string[];
  /** Answers the next request to a path with this status instead. */
  failNext(path: string, status: number): void;
  close(): Promise<void>;
}

interface Answer {
  readonly status: number;
  readonly body: string | Uint8Array;
  readonly etag?: string | undefined;
}

/** An identity token that no provider signed; the instance believes everything. */
export function identityToken(claims: Readonly<Record<string, unknown>> = {}): string {
  const part = (json: object) => Buffer.from(JSON.stringify(json)).toString("base64url");
  return `${part({ alg: "RS256" })}.${part({ aud: "sigstore", iss: testIssuer, sub: testSubject, ...claims })}.c2ln`;
}

export const testIssuer = "https://issuer.example.com";
export const testSubject = "https://github.com/acme/models/.github/workflows/release.yml@refs/heads/main";

const p256 = () => generateKeyPairSync("ec", { namedCurve: "prime256v1" });

/**
 * Starts an instance. @sigstore/mock keeps the certificates, logs and timestamps; around it are the corrections that
 * reference/signing.md §3.4 lists: entries in their canonical form, a second log whose proofs add up, whole seconds.
 */
export async function startSigstore(options: InstanceOptions = {}): Promise<SigstoreInstance> {
  const authorities = await makeAuthorities(options);
  const { ca, ctKeys, noteKeys, testifiesAt, tlogKeys, tsa } = authorities;
  const tuf = tufRepository();
  const requests: string[] = [];
  const failures = new Map<string, number>();
  let answer = async (_path: string, _request: IncomingMessage): Promise<Answer> => ({ status: 503, body: "starting" });
  const server = createServer((request, response) => {
    const path = request.url ?? "";
    requests.push(path);
    const failure = failures.get(path);
    failures.delete(path);
    const answered = failure === undefined ? answer(path, request) : { status: failure, body: "not now" };
    void Promise.resolve(answered).then(
      ({ status, body, etag = "" }: Answer) =>
        response.writeHead(status, { "content-type": typeOf(path), etag }).end(body),
      (error: Error) => response.writeHead(400).end(error.message),
    );
  });
  // POSTs over idle connections would race with the server closing them (reference/signing.md §3.1).
  server.keepAliveTimeout = 60_000;
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const tsaUrl = `${url}/api/v1/timestamp`;
  const tlog = await initializeTLog(url, tlogKeys, testifiesAt);
  answer = answerer({ ...authorities, tlog, tuf });
  const trustedRoot = rootJson({
    url,
    tsaUrl,
    ctKey: ctKeys.publicKey,
    tlogKey: tlogKeys.publicKey,
    noteKey: noteKeys.publicKey,
    noteKeyId: noteKeyId(noteKeys.publicKey),
    ca: [ca.rootCertificate],
    tsa: [tsa.intCertificate, tsa.rootCertificate],
  });
  const signingConfig = configJson(url, tsaUrl);
  tuf.publish({ "trusted_root.json": trustedRoot, "signing_config.v0.2.json": signingConfig });
  return {
    ...{ url, tsaUrl, tuf, trustedRoot, signingConfig, requests },
    root: parseTrustRoot(trustedRoot),
    failNext: (path, status) => void failures.set(path, status),
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

/** Everybody whose word counts, with keys of their own. */
async function makeAuthorities(options: InstanceOptions) {
  const issuesAt = options.issuesAt ?? wholeSecond();
  const testifiesAt = options.testifiesAt ?? issuesAt;
  const [ctKeys, tlogKeys] = [p256(), p256()];
  const caKeys = generateKeyPairSync("ec", { namedCurve: "secp384r1" });
  const tsaKeys = generateKeyPairSync("ec", { namedCurve: "secp384r1" });
  const ctLog = await initializeCTLog(ctKeys, issuesAt);
  const ca = await initializeCA(caKeys, options.withoutCertificateLog ? undefined : ctLog, issuesAt);
  const tsa = await initializeTSA(tsaKeys, testifiesAt);
  return { ca, ctKeys, noteKeys: generateKeyPairSync("ed25519"), testifiesAt, tlogKeys, tsa };
}

type Authorities = Awaited<ReturnType<typeof makeAuthorities>> & {
  readonly tlog: Awaited<ReturnType<typeof initializeTLog>>;
  readonly tuf: TufRepository;
};

/** What each path of the instance answers. */
function answerer({ ca, noteKeys, tlog, tsa, tuf }: Authorities) {
  const fulcio = fulcioHandler(ca, {});
  return async (path: string, request: IncomingMessage): Promise<Answer> => {
    const body = await bodyOf(request);
    if (path === "/api/v2/signingCert") {
      const reply = await fulcio.fn(withToken(body, request.headers.authorization));
      // The mock says 201, which cosign does not expect of Fulcio.
      return { status: reply.statusCode === 201 ? 200 : reply.statusCode, body: Buffer.from(reply.response as string) };
    }
    if (path === "/api/v1/log/entries") {
      const entry = await tlog.log(canonicalDsse(body));
      // cosign finds the entry in the answer by its ETag.
      return { status: 201, body: JSON.stringify(entry), etag: Object.keys(entry as object)[0] };
    }
    if (path === "/api/v2/log/entries") return { status: 201, body: logNote(noteKeys, body) };
    if (path === "/api/v1/timestamp") return { status: 201, body: await timestamp(tsa, body) };
    if (path.startsWith("/tuf/")) {
      const file = tuf.read(path.slice("/tuf".length));
      return file ? { status: 200, body: file } : { status: 404, body: "no such file" };
    }
    if (path.startsWith("/token")) return { status: 200, body: JSON.stringify({ value: identityToken() }) };
    return { status: 404, body: "nothing here" };
  };
}

/** A little ahead of the roots, which are made after it; without the milliseconds that the timestamps get wrong. */
function wholeSecond(): Date {
  return new Date(Math.floor(Date.now() / 1000) * 1000 + 5_000);
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** cosign reads no answer of another type. */
function typeOf(path: string): string {
  return path.endsWith("/timestamp") ? "application/timestamp-reply" : "application/json";
}

/** cosign sends the token as a header, where others put it into the request. */
function withToken(body: Buffer, authorization = ""): string {
  const request = JSON.parse(body.toString()) as object;
  const oidcIdentityToken = authorization.replace(/^Bearer /i, "");
  return JSON.stringify("credentials" in request ? request : { ...request, credentials: { oidcIdentityToken } });
}

const sha256 = (...bytes: readonly (Uint8Array | string)[]) =>
  bytes.reduce((hash, chunk) => hash.update(chunk), createHash("sha256")).digest();

/** What a Rekor of the first version keeps of an envelope: hashes, the signature and the key. */
function canonicalDsse(body: Buffer): object {
  const { kind, spec } = JSON.parse(body.toString()) as {
    kind: string;
    spec: { proposedContent: { envelope: string; verifiers: [string] } };
  };
  // A hashedrekord is kept as it is proposed.
  if (kind === "hashedrekord") return { apiVersion: "0.0.1", kind, spec };
  const { envelope, verifiers } = spec.proposedContent;
  const { payload, signatures } = JSON.parse(envelope) as { payload: string; signatures: [{ sig: string }] };
  const hash = (bytes: Uint8Array | string) => ({ algorithm: "sha256", value: sha256(bytes).toString("hex") });
  return {
    apiVersion: "0.0.1",
    kind: "dsse",
    spec: {
      envelopeHash: hash(envelope),
      payloadHash: hash(Buffer.from(payload, "base64")),
      signatures: [{ signature: signatures[0].sig, verifier: verifiers[0] }],
    },
  };
}

/** What the second log calls itself in its notes: cosign expects the host of its URL, without the port. */
const noteName = "127.0.0.1";

/** The key id of a signed note: it names the log as well as the key. */
function noteKeyId(key: KeyObject): Buffer {
  const raw = key.export({ type: "spki", format: "der" }).subarray(-32);
  return sha256(noteName, "\n", Buffer.of(1), raw);
}

/** Logs a hashedrekord of the second version as the only leaf of a tree. */
function logNote(keys: { privateKey: KeyObject; publicKey: KeyObject }, body: Buffer): string {
  const { hashedRekordRequestV002: request } = JSON.parse(body.toString()) as {
    hashedRekordRequestV002: { digest: string; signature: object };
  };
  const entry = {
    apiVersion: "0.0.2",
    kind: "hashedrekord",
    spec: {
      hashedRekordV002: { data: { algorithm: "SHA2_256", digest: request.digest }, signature: request.signature },
    },
  };
  const canonicalizedBody = Buffer.from(JSON.stringify(entry));
  const rootHash = sha256(Buffer.of(0), canonicalizedBody).toString("base64");
  const note = `${noteName}\n1\n${rootHash}\n`;
  const keyId = noteKeyId(keys.publicKey);
  const signature = Buffer.concat([keyId.subarray(0, 4), sign(null, Buffer.from(note), keys.privateKey)]);
  return JSON.stringify({
    logIndex: "0",
    logId: { keyId: keyId.toString("base64") },
    kindVersion: { kind: "hashedrekord", version: "0.0.2" },
    integratedTime: "0",
    inclusionPromise: null,
    inclusionProof: {
      logIndex: "0",
      rootHash,
      treeSize: "1",
      hashes: [],
      checkpoint: { envelope: `${note}\n\u2014 ${noteName} ${signature.toString("base64")}\n` },
    },
    canonicalizedBody: canonicalizedBody.toString("base64"),
  });
}

/** The mock wants the request as JSON; the hash is the one OCTET STRING of 32 bytes in it. */
async function timestamp(tsa: Awaited<ReturnType<typeof initializeTSA>>, query: Buffer): Promise<Uint8Array> {
  const at = query.indexOf(Buffer.of(0x04, 0x20)) + 2;
  const reply = await tsa.timestamp({
    artifactHash: query.subarray(at, at + 32),
    hashAlgorithmOID: "2.16.840.1.101.3.4.2.1",
    nonce: 1,
    policyOID: "1.3.6.1.4.1.57264.2",
    certReq: true,
  });
  return Buffer.from(reply as Buffer);
}

function configJson(url: string, tsaUrl: string): Buffer {
  const service = (address: string) => ({
    url: address,
    majorApiVersion: 1,
    validFor: { start: "2020-01-01T00:00:00Z" },
    operator: "sigstore.mock",
  });
  return Buffer.from(
    JSON.stringify({
      mediaType: "application/vnd.dev.sigstore.signingconfig.v0.2+json",
      caUrls: [service(url)],
      oidcUrls: [],
      rekorTlogUrls: [service(url)],
      rekorTlogConfig: { selector: "ANY" },
      tsaUrls: [service(tsaUrl)],
      tsaConfig: { selector: "ANY" },
    }),
  );
}

interface RootParts {
  readonly url: string;
  readonly tsaUrl: string;
  readonly ctKey: KeyObject;
  readonly tlogKey: KeyObject;
  readonly noteKey: KeyObject;
  readonly noteKeyId: Buffer;
  readonly ca: readonly ArrayBufferView[];
  readonly tsa: readonly ArrayBufferView[];
}

function rootJson(parts: RootParts): Buffer {
  const validFor = { start: "2020-01-01T00:00:00Z" };
  const log = (baseUrl: string, key: KeyObject, keyDetails: string, keyId?: Buffer) => {
    const der = key.export({ type: "spki", format: "der" });
    return {
      baseUrl,
      hashAlgorithm: "SHA2_256",
      publicKey: { rawBytes: der.toString("base64"), keyDetails, validFor },
      logId: { keyId: (keyId ?? sha256(der)).toString("base64") },
    };
  };
  const authority = (uri: string, chain: readonly ArrayBufferView[]) => ({
    subject: { organization: "sigstore.mock", commonName: "sigstore" },
    uri,
    certChain: {
      certificates: chain.map((der) => ({
        rawBytes: new X509Certificate(Buffer.from(der as Buffer)).raw.toString("base64"),
      })),
    },
    validFor,
  });
  const { noteKey, noteKeyId: keyId, tlogKey, tsaUrl, url } = parts;
  return Buffer.from(
    JSON.stringify({
      mediaType: "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
      tlogs: [log(url, tlogKey, "PKIX_ECDSA_P256_SHA_256"), log(url, noteKey, "PKIX_ED25519", keyId)],
      ctlogs: [log(`${url}/ct`, parts.ctKey, "PKIX_ECDSA_P256_SHA_256")],
      certificateAuthorities: [authority(url, parts.ca)],
      timestampAuthorities: [authority(tsaUrl, parts.tsa)],
    }),
  );
}
