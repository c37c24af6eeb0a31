import { describe, expect, it } from "vitest";
import { hostnameOf, isLocalHost, isPrivateHost } from "./address.ts";

describe("address", () => {
  it("knows this machine and its link", () => {
    for (const origin of [
      "http://localhost:5000",
      "http://x.localhost",
      "http://127.0.0.1",
      "http://127.9.9.9",
      "http://2130706433",
      "http://0x7f.1",
      "http://[::1]:5000",
      "http://[::ffff:127.0.0.1]",
      "http://169.254.169.254",
      "http://0.0.0.0",
      "http://[fe80::1]",
    ]) {
      expect(isLocalHost(hostnameOf(origin)), origin).toBe(true);
      expect(isPrivateHost(hostnameOf(origin)), origin).toBe(true);
    }
  });

  it("knows the private ranges, and leaves names and public addresses alone", () => {
    for (const host of ["10.0.0.1", "172.31.0.1", "192.168.1.1", "100.64.0.1", "fd00::1"]) {
      expect(isPrivateHost(host), host).toBe(true);
      expect(isLocalHost(host), host).toBe(false);
    }
    for (const host of ["8.8.8.8", "172.32.0.1", "registry.example.com", "10.example.com", "localhost.example.com"]) {
      expect(isPrivateHost(host), host).toBe(false);
    }
  });
});
