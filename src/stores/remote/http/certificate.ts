/** Why a connection was refused over certificates, by the codes of Node and OpenSSL. */
const reasons: Readonly<Record<string, string>> = {
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: "its certificate is from an authority that is not trusted here",
  UNABLE_TO_GET_ISSUER_CERT: "its certificate is from an authority that is not trusted here",
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: "its certificate is from an authority that is not trusted here",
  SELF_SIGNED_CERT_IN_CHAIN: "its certificate is from an authority that is not trusted here",
  CERT_UNTRUSTED: "its certificate is from an authority that is not trusted here",
  INVALID_CA: "its certificate is from something that is no authority",
  CERT_SIGNATURE_FAILURE: "its certificate is not signed by the authority that it names",
  DEPTH_ZERO_SELF_SIGNED_CERT: "its certificate is signed by itself and not trusted here",
  CERT_HAS_EXPIRED: "its certificate has expired",
  CERT_NOT_YET_VALID: "its certificate is not valid yet; the clock of this machine may be wrong",
  CERT_REVOKED: "its certificate has been revoked",
  CERT_REJECTED: "its certificate is marked as not to be used",
  ERR_TLS_CERT_ALTNAME_INVALID: "its certificate is for another name",
  UND_ERR_PRX_TLS: "the proxy's certificate is for another name",
};

/** Alerts by which the server refuses the client's certificate, or misses one; what stands before varies by version. */
const clientAlert = /^ERR_SSL_.*ALERT_(.+)$/;
const clientReasons: Readonly<Record<string, string>> = {
  CERTIFICATE_REQUIRED: "it wants a client certificate, and there is none",
  UNKNOWN_CA: "it does not trust the authority of the client certificate",
  BAD_CERTIFICATE: "it refuses the client certificate, or misses one",
  HANDSHAKE_FAILURE: "it broke off the TLS handshake; it may want a client certificate",
  CERTIFICATE_EXPIRED: "the client certificate has expired",
  CERTIFICATE_REVOKED: "the client certificate has been revoked",
  CERTIFICATE_UNKNOWN: "it refuses the client certificate",
  UNSUPPORTED_CERTIFICATE: "it refuses the kind of the client certificate",
};

/** The reason in words, when a connection failed over a certificate of either side. */
export function certificateReason(code: string): string | undefined {
  // Said before anything is sent, by the part of OpenSSL that reads PEM.
  if (/^ERR_OSSL_(?:PEM|X509|ASN1|UNSUPPORTED|EVP)/.test(code))
    return "the client certificate, its key or the authorities cannot be used";
  return reasons[code] ?? clientReasons[clientAlert.exec(code)?.[1] ?? ""];
}
