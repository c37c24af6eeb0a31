import { X509Certificate } from "@sigstore/core";

const encodings = new WeakMap<X509Certificate, Buffer>();

/**
 * Parses a certificate for @sigstore/verify, and remembers what the library asks of it again and again.
 *
 * For each timestamp of each bundle it builds the whole chain anew, verifies every signature in it, and compares
 * certificates by encoding them. The answers cannot change, since nothing changes a parsed certificate; they make half
 * of the cost of a verification.
 *
 * @throws whatever is wrong with it.
 */
export function parseCertificate(der: Uint8Array): X509Certificate {
  const encoding = Buffer.from(der);
  const certificate = X509Certificate.parse(encoding);
  const verify = certificate.verify.bind(certificate);
  // Weakly, for a stranger's certificate can claim to be the issuer of an authority's, once per bundle.
  const verdicts = new WeakMap<X509Certificate, boolean>();
  encodings.set(certificate, encoding);
  return Object.assign(certificate, {
    verify: (issuer: X509Certificate = certificate) => {
      const verdict = verdicts.get(issuer) ?? verify(issuer);
      verdicts.set(issuer, verdict);
      return verdict;
    },
    equals: (other: X509Certificate) => other === certificate || encodingOf(other).equals(encoding),
  });
}

/** The parser takes DER alone, so that equal certificates have equal encodings. */
function encodingOf(certificate: X509Certificate): Buffer {
  return encodings.get(certificate) ?? certificate.root.toDER();
}
