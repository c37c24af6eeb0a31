import { describe, expect, it } from "vitest";
import { hasCode } from "../../../base/errors.ts";
import { checkRealm } from "./realm.ts";

describe("checkRealm", () => {
  for (const [registry, realm] of [
    ["https://registry-1.docker.io", "https://auth.docker.io/token"],
    ["https://r.example", "https://r.example/token?x=1"],
    ["http://127.0.0.1:5000", "http://127.0.0.1:5001/token"],
    ["http://10.0.0.5:5000", "http://10.0.0.5/token"],
    ["http://r.internal:5000", "http://auth.internal/token"],
    ["http://127.0.0.1:5000", "https://auth.example/token"],
  ] as const) {
    it(`${registry} may name ${realm}`, () => {
      expect(checkRealm(realm, registry).origin).toBe(new URL(realm).origin);
    });
  }

  for (const [registry, realm] of [
    ["https://r.example", "http://r.example/token"],
    ["https://r.example", "http://auth.example/token"],
    ["https://r.example", "https://169.254.169.254/token"],
    ["https://r.example", "https://localhost/token"],
    ["https://r.example", "https://10.1.2.3/token"],
    ["http://127.0.0.1:5000", "http://127.0.0.2/token"],
    ["https://r.example", "https://user:pass@auth.example/token"],
    ["https://r.example", "file:///etc/passwd"],
    ["https://r.example", "/token"],
    ["https://r.example", ""],
  ] as const) {
    it(`${registry} may not name ${JSON.stringify(realm)}`, () => {
      expect(() => checkRealm(realm, registry)).toThrow(
        expect.toSatisfy((error: unknown) => hasCode(error, "REDIRECT_REFUSED") && !error.message.includes("pass@")),
      );
    });
  }
});
