import { execFileSync } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { rejectsWith } from "../../../test/support/expect.ts";
import { noOpenssl } from "../../../test/support/network/certificates.ts";
import { verifyChain } from "./certificate-chain.ts";

const authorityExtensions = "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign\n";
const signerExtensions = "keyUsage=critical,digitalSignature\nextendedKeyUsage=codeSigning\n";

let directory: string;

interface Issue {
  readonly by?: string;
  readonly extensions?: string;
  readonly days?: number;
}

/** A certificate, its key left in the directory; signed by itself unless `by` names another. */
function issue(name: string, { by = name, extensions = signerExtensions, days = 2 }: Issue = {}): X509Certificate {
  const at = (file: string) => join(directory, file);
  const openssl = (...args: string[]) => execFileSync("openssl", args, { stdio: "ignore" });
  const newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
  writeFileSync(at(`${name}.ext`), extensions);
  openssl("req", ...newKey, "-subj", `/CN=${name}`, "-keyout", at(`${name}.key`), "-out", at(`${name}.csr`));
  const signedBy =
    by === name
      ? ["-signkey", at(`${name}.key`)]
      : ["-CA", at(`${by}.pem`), "-CAkey", at(`${by}.key`), "-CAcreateserial"];
  const files = ["-in", at(`${name}.csr`), "-extfile", at(`${name}.ext`), "-out", at(`${name}.pem`)];
  openssl("x509", "-req", ...files, ...signedBy, "-days", String(days));
  return new X509Certificate(readFileSync(at(`${name}.pem`)));
}

it("has certificates to be tried with", (context) => {
  if (noOpenssl !== undefined) context.skip(noOpenssl);
});

describe.runIf(noOpenssl === undefined)("verifyChain", () => {
  let root: X509Certificate;
  let intermediate: X509Certificate;
  let signer: X509Certificate;
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), "mreg-chain-"));
    root = issue("root", { extensions: authorityExtensions });
    intermediate = issue("intermediate", { by: "root", extensions: authorityExtensions });
    signer = issue("signer", { by: "intermediate" });
  });
  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  const verify = (chain: readonly X509Certificate[], authorities: readonly X509Certificate[]) =>
    verifyChain(
      chain.map(({ raw }) => raw),
      authorities,
    );

  it("goes up to an authority that is trusted, by what came with the signature or by what is trusted", async () => {
    expect((await verify([signer, intermediate], [root])).leaf.subject).toBe("CN=signer");
    expect((await verify([signer], [root, intermediate])).leaf.subject).toBe("CN=signer");
    expect((await verify([signer, intermediate, root], [root])).leaf.subject).toBe("CN=signer");
  });

  it.each<[string, string, () => [X509Certificate[], X509Certificate[]]]>([
    ["no authority", "IDENTITY_MISMATCH", () => [[signer, intermediate, root], []]],
    ["an intermediate alone, which is no root", "IDENTITY_MISMATCH", () => [[signer], [intermediate]]],
    ["a link missing", "IDENTITY_MISMATCH", () => [[signer], [root]]],
    [
      "another root of the same name",
      "IDENTITY_MISMATCH",
      () => {
        const chain = [signer, intermediate, root];
        return [chain, [issue("root", { extensions: authorityExtensions })]];
      },
    ],
    ["an authority as signer", "SIGNATURE_INVALID", () => [[intermediate], [root]]],
    [
      "a web server's certificate",
      "SIGNATURE_INVALID",
      () => [[issue("web", { by: "intermediate", extensions: "extendedKeyUsage=serverAuth\n" })], [root, intermediate]],
    ],
    [
      "a key that may not sign",
      "SIGNATURE_INVALID",
      () => [
        [issue("mail", { by: "intermediate", extensions: "keyUsage=critical,keyEncipherment\n" })],
        [root, intermediate],
      ],
    ],
  ])("refuses %s: %s", async (_, code, world) => {
    await rejectsWith(verify(...world()), code);
  });

  it("refuses who was signed by a signer: only authorities issue", async () => {
    const minted = issue("minted", { by: "signer" });
    await rejectsWith(verify([minted, signer, intermediate], [root]), "IDENTITY_MISMATCH");
  });

  it("refuses what is no certificate", async () => {
    await rejectsWith(verifyChain([Buffer.from("no DER")], []), "SIGNATURE_INVALID");
    await rejectsWith(verifyChain([], []), "SIGNATURE_INVALID");
  });
});
