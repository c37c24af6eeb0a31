/** Advice for each error code: what the reader can do now. Facts are in the error's own message. */
export const advice: Readonly<Record<string, string>> = {
  USAGE: "run the command with --help to see its arguments and two examples",
  INVALID_REFERENCE: "write [registry/]name[:tag][@digest], such as risk:v4 or registry.example.com/ml/risk@sha256:…",
  INVALID_DIGEST: "copy the digest from `mreg list` or `mreg resolve`",
  INVALID_DESCRIPTOR: "check the media type given with --artifact-type",
  CONFIG_INVALID: "mend the file or the names the message points at, then run the command again",
  UNSAFE_FORMAT: "the weights file is damaged or not what its name says: export it again",
  FILE_MISSING: "check the path; `mreg push <name> <path>…` takes files and directories",
  PATH_ESCAPE: "copy the files that links point to, for example with `cp -rL`, and use the copy",
  KEY_INVALID:
    "make a key with `mreg key generate <name>`, or give a cosign, PKCS#8 or SEC1 key; docs/trust.md has what verifies which",
  PASSWORD_WRONG: "set COSIGN_PASSWORD to the key's password",
  STATEMENT_INVALID: "the statement speaks of other content, or is not valid in-toto: make it again",
  IDENTITY_INVALID: "give --identity exactly as the certificate has it, or --identity-pattern with text besides the *",
  TRUST_ROOT_INVALID:
    "give a trusted_root.json or signing configuration of the instance; `mreg trust show` prints yours",
  EVIDENCE_INVALID: "mend the field the message names; docs/evidence.md shows each kind of evidence",
  EVIDENCE_INCOMPLETE: "add the field the message names; docs/evidence.md shows each kind of evidence",
  FORMAT_UNKNOWN: "see docs/evidence.md for the formats each --type reads",
  POLICY_INVALID: "mend mreg.policy.yaml where the message points; `mreg init` writes a valid one",
  TRANSITION_UNKNOWN: "`mreg status <name>` shows the state; the policy's transitions say where it can go",
  UNSUPPORTED: "this registry cannot do it; the embedded store (oci:<directory>) can",
  GATE_DENIED: "do what each failed gate says, then run `mreg check` again",
  NOT_SERVED: "`mreg why <name>` says what serves instead; --audit hands out what is archived, to look at",
  DIGEST_MISMATCH: "the bytes are not what was asked for: run again; if it stays, distrust the source",
  SIZE_MISMATCH: "the content was cut or changed while it was read: run again",
  TRAILING_DATA: "the source sends more than it declared: distrust it",
  LIMIT_EXCEEDED: "the content is larger than mreg reads from an untrusted source",
  INVALID_MANIFEST: "the registry holds something that is not a valid manifest; `mreg list` shows what else there is",
  NO_SIGNATURE:
    "sign it with `mreg sign <ref> --key <file>`, or verify with the key it was signed with; a state comes by `mreg promote`",
  SIGNATURE_INVALID: "somebody or something changed the signed content: do not use it",
  SUBJECT_MISMATCH:
    "the signature was made for other content: get what it was made for, or one made for this; a directory must hold just the signed files",
  IDENTITY_MISMATCH: "ask who signed it; add their public key to the policy, or verify with --key",
  CHAIN_BROKEN: "do not trust the states of this model; compare with a copy of the registry, or ask its administrator",
  NOT_FOUND: "`mreg list` shows models, `mreg list <name>` versions",
  UNAUTHORIZED: "run `mreg login <registry>`, or give -u and --password-stdin",
  DENIED: "ask the registry's administrator for permission",
  TOKEN_INVALID:
    "give an identity token with --identity-token or SIGSTORE_ID_TOKEN; in GitHub Actions, id-token: write",
  SERVICE_REFUSED:
    "a service said no: check the token's audience and expiry and the addresses of the sigstore instance, or the KMS's key and token",
  SERVICE_UNAVAILABLE:
    "a sigstore instance or KMS did not answer as expected: run the command again later; a KMS plugin must be on PATH",
  SOURCE_UNSUPPORTED: "see docs/importing.md for the places and the forms of address that mreg imports from",
  SOURCE_NOT_FOUND: "check the model's name and version where it is, and the server's address",
  SOURCE_REFUSED:
    "give credentials: MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, or MLFLOW_TRACKING_TOKEN; HF_TOKEN for the hub",
  SOURCE_UNAVAILABLE: "the source did not answer: check its address, then run the command again",
  SOURCE_INVALID: "the source's answer cannot be believed; check the address, and look at the model there",
  ALREADY_EXISTS: "choose another directory with -o, or replace the file with --overwrite",
  CONFLICT: "somebody else was first: look at `mreg status`, then run the command again",
  STATE_CONFLICT: "somebody else moved this model meanwhile: look at `mreg log`, then run the command again",
  COPY_FAILED: "run the same command again: what has arrived is kept, and the copy goes on from there",
  LOCKED: "another process is writing to this store: run the command again when it is done",
  RATE_LIMITED: "wait as long as the registry asks for, then run the command again",
  UNAVAILABLE: "the registry has a problem: run the command again later",
  BAD_RESPONSE: "check that the address is that of an OCI registry",
  REDIRECT_REFUSED: "the registry sent mreg somewhere it must not go; ask its administrator",
  CERTIFICATE_REFUSED:
    "give the registry's own authority with --ca-file, and your certificate, if it asks for one, with --cert-file and --key-file",
  NETWORK:
    "check that the registry is up and the address is right; plain HTTP needs --plain-http, proxies come from HTTPS_PROXY",
  TIMEOUT: "the registry stopped answering: run the command again",
};

const freeSpace =
  "free some space, then run the same command again: what is done already is kept, nothing half-written is";

/** The same for errors of the operating system, by errno: not mreg's fault, and the user's to remedy. */
export const systemAdvice: Readonly<Record<string, string>> = {
  ENOSPC: freeSpace,
  EDQUOT: freeSpace,
  EFBIG: freeSpace,
  EROFS: "choose a directory that can be written to",
  EACCES: "choose a directory that you may write to, or ask for permission",
};
