import { inject, type TestContext } from "vitest";

/**
 * A program that can be run (with a title when it stands in for another), a container image that stands in for one, or
 * why there is neither.
 */
export type Peer =
  | { readonly path: string; readonly title?: string }
  | { readonly image: string }
  | { readonly missing: string };

/** Programs by name, as `setup.ts` found or built them. */
export type Peers = Readonly<Record<string, Peer>>;

declare module "vitest" {
  interface ProvidedContext {
    peers: Peers;
  }
}

/** What `setup.ts` found under this name. */
export function peer(name: string): Peer {
  const found = inject("peers")[name];
  if (found === undefined) throw new Error(`${name} is not in test/peers/support/setup.ts`);
  return found;
}

/**
 * The path of a program, or a skip of the running test with the reason.
 *
 * Under MREG_REQUIRE_PEERS `setup.ts` has already failed for everything but a refusal that is allowed by name.
 */
export function need(context: TestContext, name: string): string {
  const found = peer(name);
  if ("path" in found) return found.path;
  context.skip("missing" in found ? found.missing : `${name} is here as a container only`);
}

/** Skips the running test unless the registry can be started. */
export function needRegistry(context: TestContext, name: string): void {
  const found = peer(name);
  if ("missing" in found) context.skip(found.missing);
}
