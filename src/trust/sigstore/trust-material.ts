import type { TrustMaterial } from "@sigstore/verify";
import type { ChainAuthority, LogAuthority, Period, TrustRoot } from "../trust-root.ts";
import { parseCertificate } from "./parsed-certificate.ts";

/** The last moment a Date can hold (ECMA-262 §21.4.1.1). */
const endOfTime = new Date(8_640_000_000_000_000);

const materials = new WeakMap<TrustRoot, Omit<TrustMaterial, "publicKey">>();

/** A trust root as @sigstore/verify wants it; converted once, since parsing the chains costs some milliseconds. */
export function trustMaterial(root: TrustRoot): Omit<TrustMaterial, "publicKey"> {
  const known = materials.get(root);
  if (known) return known;
  const material = {
    certificateAuthorities: root.certificateAuthorities.map(chainAuthority),
    timestampAuthorities: root.timestampAuthorities.map(chainAuthority),
    tlogs: root.logs.map(logAuthority),
    ctlogs: root.certificateLogs.map(logAuthority),
  };
  materials.set(root, material);
  return material;
}

function logAuthority({ url, keyId, publicKey, validFor }: LogAuthority) {
  return { baseURL: url, logID: Buffer.from(keyId), publicKey, validFor: closed(validFor) };
}

function chainAuthority({ chain, validFor }: ChainAuthority) {
  return { certChain: chain.map(({ raw }) => parseCertificate(raw)), validFor: closed(validFor) };
}

function closed({ start, end = endOfTime }: Period) {
  return { start, end };
}
