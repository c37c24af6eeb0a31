import { describe, expect, it } from "vitest";
import { publicGoodRoot } from "../../test/support/sigstore.ts";
import { parseTrustRoot } from "./trust-root.ts";
import { builtInTrustRoot } from "./trust-source.ts";

interface RootJson {
  mediaType: unknown;
  tlogs: { baseUrl: string; publicKey: { rawBytes: string; validFor: { start?: unknown; end?: unknown } } }[];
  certificateAuthorities: { certChain: { certificates: { rawBytes: string }[] } }[];
  [key: string]: unknown;
}

const minimal = (): RootJson => {
  const { logs, certificateAuthorities } = publicGoodRoot();
  const [log] = logs;
  const der = log?.publicKey.export({ type: "spki", format: "der" }).toString("base64") ?? "";
  const keyId = Buffer.from(log?.keyId ?? []).toString("base64");
  const validFor = { start: "2021-01-12T11:53:27Z" };
  const chain = certificateAuthorities[0]?.chain.map(({ raw }) => ({ rawBytes: raw.toString("base64") })) ?? [];
  return {
    mediaType: "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
    tlogs: [
      {
        baseUrl: "https://log.example.com",
        publicKey: { rawBytes: der, keyDetails: "PKIX_ECDSA_P256_SHA_256", validFor },
        logId: { keyId },
      },
    ] as unknown as RootJson["tlogs"],
    certificateAuthorities: [{ uri: "https://ca.example.com", certChain: { certificates: chain }, validFor }] as never,
    timestampAuthorities: null,
  };
};

const parse = (edit: (json: RootJson) => void = () => {}) => {
  const json = minimal();
  edit(json);
  return parseTrustRoot(Buffer.from(JSON.stringify(json)));
};

describe("parseTrustRoot", () => {
  it("reads the public-good instance, which is built in", async () => {
    const root = await builtInTrustRoot();
    expect(root.digest).toBe(publicGoodRoot().digest);
    expect(root.logs.map(({ url }) => url)).toContain("https://rekor.sigstore.dev");
    expect(root.timestampAuthorities.length).toBeGreaterThan(0);
  });

  it("takes null and absent lists for empty ones, and an absent end for open", () => {
    const root = parse();
    expect(root).toMatchObject({ timestampAuthorities: [], certificateLogs: [] });
    expect(root.logs[0]?.validFor).toEqual({ start: new Date("2021-01-12T11:53:27Z") });
    expect(parse(({ tlogs }) => Object.assign(tlogs[0]?.publicKey.validFor ?? {}, { end: null })).logs).toHaveLength(1);
  });

  it.each<[string, (json: RootJson) => void]>([
    ["another media type", (json) => (json.mediaType = "application/json")],
    ["a log without the start of its time", ({ tlogs }) => delete tlogs[0]?.publicKey.validFor.start],
    ["a time that is none", ({ tlogs }) => Object.assign(tlogs[0]?.publicKey.validFor ?? {}, { end: "tomorrow" })],
    ["a key that is none", ({ tlogs }) => Object.assign(tlogs[0]?.publicKey ?? {}, { rawBytes: "AAAA" })],
    ["base64 in another spelling", ({ tlogs }) => Object.assign(tlogs[0]?.publicKey ?? {}, { rawBytes: "AB==" })],
    [
      "a certificate that is none",
      ({ certificateAuthorities }) =>
        Object.assign(certificateAuthorities[0]?.certChain ?? {}, { certificates: [{ rawBytes: "AAAA" }] }),
    ],
    [
      "a chain without certificates",
      ({ certificateAuthorities }) => Object.assign(certificateAuthorities[0]?.certChain ?? {}, { certificates: [] }),
    ],
    ["more logs than anybody has", (json) => (json.tlogs = Array.from({ length: 101 }, () => json.tlogs[0] as never))],
  ])("TRUST_ROOT_INVALID: %s", (_, edit) => {
    expect(() => parse(edit)).toThrow(expect.objectContaining({ code: "TRUST_ROOT_INVALID" }));
  });

  it.each([
    ["no JSON", Buffer.from("hello")],
    ["a key twice", Buffer.from('{"mediaType":"a","mediaType":"b"}')],
    ["a megabyte and more", Buffer.alloc(1024 * 1024 + 1, " ")],
  ])("TRUST_ROOT_INVALID: %s", (_, bytes) => {
    expect(() => parseTrustRoot(bytes)).toThrow(expect.objectContaining({ code: "TRUST_ROOT_INVALID" }));
  });
});
