import { BlockList, isIP } from "node:net";

const internal = new BlockList();
for (const [network, prefix] of [
  ["127.0.0.0", 8],
  ["169.254.0.0", 16],
  ["0.0.0.0", 8],
] as const) {
  internal.addSubnet(network, prefix, "ipv4");
}
internal.addAddress("::1", "ipv6");
internal.addAddress("::", "ipv6");
internal.addSubnet("fe80::", 10, "ipv6");

const unrouted = new BlockList();
for (const [network, prefix] of [
  ["10.0.0.0", 8],
  ["172.16.0.0", 12],
  ["192.168.0.0", 16],
  ["100.64.0.0", 10],
] as const) {
  unrouted.addSubnet(network, prefix, "ipv4");
}
unrouted.addSubnet("fc00::", 7, "ipv6");

/** The host of an origin, without port and brackets. */
export function hostnameOf(origin: string): string {
  return new URL(origin).hostname.replace(/^\[|\]$/g, "").toLowerCase();
}

/** This machine or its link: loopback, link-local (cloud metadata services live there), unspecified. */
export function isLocalHost(hostname: string): boolean {
  return hostname === "localhost" || hostname.endsWith(".localhost") || contains(internal, hostname);
}

/** An address literal that only means something inside somebody's network, {@link isLocalHost} included. */
export function isPrivateHost(hostname: string): boolean {
  return isLocalHost(hostname) || contains(unrouted, hostname);
}

function contains(list: BlockList, hostname: string): boolean {
  const version = isIP(hostname);
  return version !== 0 && list.check(hostname, version === 4 ? "ipv4" : "ipv6");
}
