import type { Reply } from "./reply.ts";
import type { RouteName } from "./routes.ts";

/** One thing that goes wrong, on one route, so many times. */
export interface Fault {
  readonly route: RouteName;
  readonly action: FaultAction;
  /** Requests it hits. Default 1; `Infinity` for a registry that is like that. */
  readonly times?: number;
  /** Requests it lets through before. Default 0. */
  readonly skip?: number;
}

export type FaultAction =
  /** Answered at once, whatever was asked; the request's body is not read. */
  | {
      readonly kind: "answer";
      readonly status: number;
      readonly headers?: Record<string, string>;
      readonly body?: string;
    }
  /** The request's body is read up to here; then the connection is reset, or goes quiet, or gets this status. */
  | { readonly kind: "interrupt"; readonly afterBytes: number; readonly outcome: "reset" | "stall" | number }
  /** The request is carried out, but its answer gets lost. */
  | { readonly kind: "lose answer" }
  /** The answer goes quiet after so many bytes of its body; -1: before its headers. */
  | { readonly kind: "stall"; readonly afterBytes: number }
  /** The answer's connection is reset after so many bytes of its body; -1: before its headers. */
  | { readonly kind: "reset"; readonly afterBytes: number }
  /** The body is cut short and the connection ends in order, without a declared length. */
  | { readonly kind: "truncate"; readonly bytes: number }
  /** One bit of the body is flipped. */
  | { readonly kind: "corrupt" }
  /** Headers are replaced; `{n}` in a value becomes a number that rises with each hit. Empty: removed. */
  | { readonly kind: "headers"; readonly headers: Record<string, string> };

/** The faults of one registry, each used up as it hits. */
export class Faults {
  readonly #pending: { fault: Fault; skip: number; times: number; hits: number }[] = [];

  constructor(faults: readonly Fault[] = []) {
    for (const fault of faults) this.add(fault);
  }

  add(fault: Fault): void {
    this.#pending.push({ fault, skip: fault.skip ?? 0, times: fault.times ?? 1, hits: 0 });
  }

  clear(): void {
    this.#pending.length = 0;
  }

  /** The action for the next request on a route. */
  take(route: RouteName): FaultAction | undefined {
    for (const entry of this.#pending) {
      if (entry.fault.route !== route || entry.times <= 0) continue;
      if (entry.skip > 0) {
        entry.skip -= 1;
        continue;
      }
      entry.times -= 1;
      entry.hits += 1;
      return numbered(entry.fault.action, entry.hits);
    }
    return undefined;
  }
}

function numbered(action: FaultAction, hit: number): FaultAction {
  if (action.kind !== "headers") return action;
  const headers = Object.entries(action.headers).map(([name, value]) => [name, value.replaceAll("{n}", String(hit))]);
  return { kind: "headers", headers: Object.fromEntries(headers) as Record<string, string> };
}

/** What a fault makes of an answer, as far as that is a matter of its content. */
export function alter(reply: Reply, action: FaultAction | undefined): Reply {
  if (action?.kind === "corrupt" && reply.body && reply.body.byteLength > 0) {
    const body = Buffer.from(reply.body);
    const middle = body.byteLength >> 1;
    body[middle] = (body[middle] ?? 0) ^ 1;
    return { ...reply, body };
  }
  if (action?.kind !== "headers") return reply;
  const headers: Record<string, string> = { ...reply.headers };
  for (const [name, value] of Object.entries(action.headers)) {
    if (value === "") delete headers[name];
    else headers[name] = value;
  }
  return { ...reply, headers };
}
