import { inspect } from "node:util";
import { isMregError } from "../../src/base/errors.ts";
import type { FaultCase } from "./fault-case.ts";
import { World } from "./world.ts";

/** How a case ended. */
export interface Outcome {
  /** `ok`, the code of the error, or the name of one that mreg did not throw on purpose. */
  readonly outcome: string;
  readonly requests: number;
  /** The error's message; empty after success. */
  readonly message: string;
}

/**
 * Runs one case and whatever it wants checked afterwards.
 *
 * @throws when a check fails, or a secret shows in anything that mreg said or threw.
 */
export async function runCase({ arrange }: FaultCase): Promise<Outcome> {
  const world = new World();
  try {
    const act = await arrange(world);
    const before = world.requests;
    const error = await act().then(
      () => undefined,
      (caught: unknown) => caught ?? new Error("rejected with nothing"),
    );
    const requests = world.requests - before;
    const outcome = nameOf(error);
    try {
      await world.check(outcome);
    } catch (failure) {
      throw new Error(`after ${outcome}: ${(failure as Error).message}`, { cause: error });
    }
    refuseSecrets(world, error);
    return { outcome, requests, message: error instanceof Error ? error.message : "" };
  } finally {
    await world.close();
  }
}

function nameOf(error: unknown): string {
  if (error === undefined) return "ok";
  if (isMregError(error)) return error.code;
  const { code, name } = error as NodeJS.ErrnoException;
  return code ?? name;
}

/** Tokens of the test registry, and the state of its uploads: whoever has one of them may write. */
const issuedTokens = /token-[0-9a-f]{24}|_state=[^\s"']+/g;

/** The error as a debugger would print it, causes and fields included, and all that was said on the way. */
function refuseSecrets(world: World, error: unknown): void {
  const text = [inspect(error, { depth: 8, maxStringLength: Infinity }), ...world.said].join("\n");
  const issued = text.match(issuedTokens) ?? [];
  for (const secret of [...world.secrets, ...issued]) {
    if (text.includes(secret))
      throw new Error(`${JSON.stringify(secret)} shows in what mreg said: ${text.slice(0, 4_000)}`);
  }
}
