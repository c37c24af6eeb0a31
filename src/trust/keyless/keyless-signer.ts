import { generateKeyPairSync, type KeyObject, sign, verify, type X509Certificate } from "node:crypto";
import { promisify } from "node:util";
import type { Clock } from "../../base/clock.ts";
import type { CallOptions } from "../../oci/content.ts";
import { type Envelope, signedBytes } from "../envelope.ts";
import { SigningError } from "../errors.ts";
import type { CertificateIdentity, PublicKey } from "../identity.ts";
import { describePublicKey } from "../key.ts";
import type { SignatureProofs, Signer } from "../signer.ts";
import { requestCertificate } from "./certificate-authority.ts";
import { readIdentityToken } from "./identity-token.ts";
import { type Fetch, unavailable } from "./service.ts";
import { testify, type Witnesses } from "./witnesses.ts";

export interface KeylessOptions extends CallOptions {
  /** URL of the certificate authority (Fulcio). */
  readonly certificateAuthority: string;
  readonly witnesses: Witnesses;
  /** Gives an identity token; asked again when a certificate has run out. */
  readonly identityToken: () => Promise<string>;
  readonly clock: Clock;
  /** Default: the platform's. */
  readonly fetch?: Fetch;
}

/** A certificate of ten minutes is not used in its last half minute: logs and timestamps take some of it. */
const spareMs = 30_000;

/**
 * Makes a signer without a key to keep: an identity provider vouches, a certificate authority writes it down for ten
 * minutes, and logs and timestamps prove that the signature was made within them.
 *
 * @throws {@link SigningError} `TOKEN_INVALID`, `SERVICE_REFUSED`, `SERVICE_UNAVAILABLE`.
 */
export async function keylessSigner(options: KeylessOptions): Promise<Signer> {
  const first = await openSession(options);
  const { identityOf } = await import("../sigstore/index.ts");
  try {
    return new KeylessSigner(options, first, identityOf);
  } catch (cause) {
    throw unavailable("certificate authority", (cause as Error).message, cause);
  }
}

/** One key and its certificate. */
interface Session {
  readonly publicKey: PublicKey;
  readonly privateKey: KeyObject;
  readonly certificate: X509Certificate;
}

const signAsync = promisify(sign);

class KeylessSigner implements Signer {
  readonly identity: CertificateIdentity;
  readonly #options: KeylessOptions;
  readonly #identityOf: (certificate: Uint8Array) => CertificateIdentity;
  /** The newest first: what was signed with an older one is still proven with its certificate. */
  #sessions: readonly [Session, ...Session[]];

  constructor(options: KeylessOptions, first: Session, identityOf: (certificate: Uint8Array) => CertificateIdentity) {
    this.#options = options;
    this.#sessions = [first];
    this.#identityOf = identityOf;
    this.identity = identityOf(first.certificate.raw);
  }

  get publicKey(): PublicKey {
    return this.#sessions[0].publicKey;
  }

  async sign(payload: Uint8Array): Promise<Uint8Array> {
    const left = this.#sessions[0].certificate.validToDate.getTime() - this.#options.clock().getTime();
    if (left < spareMs) await this.#renew();
    return signAsync("sha256", payload, { key: this.#sessions[0].privateKey, dsaEncoding: "der" });
  }

  async prove(envelope: Envelope, options?: CallOptions): Promise<SignatureProofs> {
    const payload = signedBytes(envelope.payload);
    const session = this.#sessions.find(({ publicKey }) =>
      verify("sha256", payload, { key: publicKey.key, dsaEncoding: "der" }, envelope.signature),
    );
    if (!session) throw new SigningError("KEY_INVALID", "the signature to prove was made with another key");
    const { fetch = globalThis.fetch, witnesses } = this.#options;
    const key = { publicKey: session.publicKey.key, certificate: session.certificate };
    return testify(fetch, witnesses, { envelope, key }, options);
  }

  /** Whoever asked for a signature was told who will have signed: another identity must not take over. */
  async #renew(): Promise<void> {
    const next = await openSession(this.#options);
    const { subject } = this.#identityOf(next.certificate.raw);
    if (this.#identityOf(next.certificate.raw).fingerprint !== this.identity.fingerprint) {
      throw new SigningError("TOKEN_INVALID", `the new token names ${subject}, expected ${this.identity.subject}`);
    }
    this.#sessions = [next, ...this.#sessions];
  }
}

async function openSession(options: KeylessOptions): Promise<Session> {
  const { certificateAuthority: url, clock, fetch = globalThis.fetch, signal } = options;
  const token = readIdentityToken(await options.identityToken(), clock());
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "prime256v1" });
  const prove = (challenge: Uint8Array) => signAsync("sha256", challenge, { key: privateKey, dsaEncoding: "der" });
  const certificate = await requestCertificate(fetch, { url, token, publicKey, prove, signal });
  return { publicKey: describePublicKey(publicKey), privateKey, certificate };
}
