import type { LookupFunction } from "node:net";
import { describe, expect, it } from "vitest";
import { LocalAddressError, parseHostAddress, Resolver } from "./resolve.ts";

describe("parseHostAddress", () => {
  for (const [text, expected] of [
    ["r.example:443:10.0.0.1", { host: "r.example", port: 443, address: "10.0.0.1" }],
    ["r.example:443:10.0.0.1:8443", { host: "r.example", port: 443, address: "10.0.0.1", addressPort: 8443 }],
    ["r.example:443:[::1]", { host: "r.example", port: 443, address: "::1" }],
    ["r.example:443:[::1]:8443", { host: "r.example", port: 443, address: "::1", addressPort: 8443 }],
    ["r.example:443", undefined],
    ["r.example:443:other.example", undefined],
    ["r.example:0:10.0.0.1", undefined],
    ["r.example:65536:10.0.0.1", undefined],
    ["r.example:443:10.0.0.1:0", undefined],
    ["r.example:443:10.0.0.1:", undefined],
    ["r.example:443:::1", undefined],
    ["r.example:x:10.0.0.1", undefined],
    [":443:10.0.0.1", undefined],
    ["", undefined],
  ] as const) {
    it(`${JSON.stringify(text)} is ${expected ? "read" : "refused"}`, () => {
      expect(parseHostAddress(text)).toEqual(expected);
    });
  }
});

/** A name service that knows these names, in the way that Node asks. */
function names(table: Readonly<Record<string, string>>): LookupFunction {
  return (hostname, options, callback) => {
    const address = table[hostname];
    if (address === undefined) callback(Object.assign(new Error("unknown"), { code: "ENOTFOUND" }), "");
    else if (options.all) callback(null, [{ address, family: 4 }]);
    else callback(null, address, 4);
  };
}

describe("Resolver.lookup", () => {
  const table = {
    "r.example": "198.51.100.1",
    "in.example": "10.0.0.1",
    "me.example": "127.0.0.1",
    "aws.example": "169.254.169.254",
  };
  const look = (resolver: Resolver, hostname: string, all = true) =>
    new Promise<unknown>((resolve, reject) =>
      resolver.lookup(hostname, { all }, (error, found) => (error ? reject(error) : resolve(found))),
    );
  const open = (host: string, addresses = []) =>
    new Resolver({ origin: `https://${host}`, addresses, lookup: names(table) });

  for (const hostname of ["me.example", "aws.example"]) {
    it(`refuses ${hostname} for a registry elsewhere, however it is asked`, async () => {
      for (const all of [true, false])
        await expect(look(open("r.example"), hostname, all)).rejects.toThrow(LocalAddressError);
    });
  }

  it("lets names into private networks through: token servers of companies live there", async () => {
    expect(await look(open("r.example"), "in.example", false)).toBe("10.0.0.1");
    expect(await look(open("r.example"), "r.example")).toEqual([{ address: "198.51.100.1", family: 4 }]);
  });

  it("lets everything through for a registry on this machine, by literal, by name or by --resolve", async () => {
    expect(await look(open("127.0.0.1:5000"), "me.example", false)).toBe("127.0.0.1");
    const byName = open("me.example");
    await look(byName, "me.example");
    expect(await look(byName, "aws.example", false)).toBe("169.254.169.254");
    const addresses = [{ host: "R.example", port: 443, address: "127.0.0.1" }];
    const given = new Resolver({ origin: "https://r.example", addresses, lookup: names(table) });
    expect(await look(given, "me.example", false)).toBe("127.0.0.1");
  });

  it("hands errors of the name service on", async () => {
    await expect(look(open("r.example"), "nowhere.example")).rejects.toMatchObject({ code: "ENOTFOUND" });
  });
});
