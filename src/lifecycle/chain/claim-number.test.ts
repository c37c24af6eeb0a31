import { beforeAll, beforeEach, expect, it } from "vitest";
import { type Cast, newCast, predicates, typeOf, World } from "../../../test/support/lifecycle.ts";
import { overwriting, type TagStep } from "../../../test/support/overwriting.ts";
import { replacePauses } from "../../../test/support/pauses.ts";
import type { Repository } from "../../oci/content.ts";
import type { Descriptor } from "../../oci/descriptor.ts";
import { promote } from "../moves/promote.ts";
import { claimType } from "./claims.ts";
import { readChain } from "./read.ts";

// The pauses are for other machines; here every writer is told when to go on.
beforeEach(() => replacePauses((ms = 0) => new Promise((resolve) => setTimeout(resolve, ms / 50))));

let cast: Cast;
beforeAll(async () => {
  cast = await newCast();
});

const logTag = "mreg-log-000001";

function signal() {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { done: promise, give: resolve };
}

/** What one of two promoters has come to. */
class Progress {
  readonly looked = signal();
  readonly wrote = signal();
  readonly ended = signal();
  record = "";
}

type Rank = "lower" | "higher";

/**
 * Two promoters that have both announced their records and have both found the number free. The one whose record has
 * the lower or the higher digest writes first, is overwritten or not, and stalls until the other has ended.
 */
async function race(stalled: Rank, stallsAt: "writing" | "withdrawing", seesRivalsLate = false) {
  const world = new World(cast);
  const targets = [await world.push(1), await world.push(2)];
  for (const target of targets) await world.state(target, typeOf.signature, predicates.signature());
  const all = targets.map(() => new Progress());
  const rank = (one: Progress): Rank => (all.every(({ record }) => record >= one.record) ? "lower" : "higher");
  const run = async (target: Descriptor, index: number) => {
    const own = all[index] as Progress;
    const other = all[1 - index] as Progress;
    let isFirst = true;
    const at = async ({ kind, tag, target: record }: TagStep) => {
      if (tag !== logTag || !isFirst) return;
      if (kind === "has written") {
        isFirst = false;
        own.wrote.give();
        if (rank(own) === stalled && stallsAt === "withdrawing") await other.wrote.done;
        return;
      }
      own.record = record.digest;
      own.looked.give();
      await other.looked.done;
      if (stallsAt === "writing" && rank(own) === stalled) await other.ended.done;
      if (stallsAt === "withdrawing" && rank(own) !== stalled) await other.wrote.done;
    };
    const store = withdrawingLate(overwriting(world.repository, { at }), async () => {
      if (stallsAt === "withdrawing" && rank(own) === stalled) await other.ended.done;
    });
    const move = { ...world.request(target, "revoked"), kind: "revoke" as const, signer: cast.mike };
    try {
      return await promote(seesRivalsLate ? missingOnce(store) : store, {
        ...move,
        circumstances: { reason: "a race" },
      });
    } finally {
      own.ended.give();
    }
  };
  return {
    results: await Promise.allSettled(targets.map(run)),
    chain: await readChain(world.repository, world.policy),
  };
}

/** Takes back an announcement when it is told to. */
function withdrawingLate(repository: Repository, wait: () => Promise<void>): Repository {
  return new Proxy(repository, {
    get(store, name) {
      const member = Reflect.get(store, name) as unknown;
      if (name !== "push" || typeof member !== "function") return member;
      return async (source: Parameters<Repository["push"]>[0], ...rest: unknown[]) => {
        if ("dev.mreg.claim.withdrawn" in (source.descriptor.annotations ?? {})) await wait();
        return Reflect.apply(member, store, [source, ...rest]) as unknown;
      };
    },
  });
}

/** The first list of announcements is as another writer has overwritten it: empty. */
function missingOnce(repository: Repository): Repository {
  let isMissing = true;
  return new Proxy(repository, {
    get(store, name) {
      const member = Reflect.get(store, name) as unknown;
      if (typeof member !== "function") return member;
      return (...args: unknown[]) => {
        const [, options] = args as Parameters<Repository["referrers"]>;
        if (name !== "referrers" || options?.artifactType !== claimType || !isMissing) {
          return Reflect.apply(member, store, args) as unknown;
        }
        isMissing = false;
        return (async function* () {})();
      };
    },
  });
}

it("claimNumber: one wins when the announcements are off the list for a moment", async () => {
  for (const stalled of ["lower", "higher"] as const) {
    const { chain, results } = await race(stalled, "writing", true);
    const won = results.flatMap((result) => (result.status === "fulfilled" ? [result.value.record.digest] : []));
    expect(won).toEqual(chain.links.map(({ bundle }) => bundle.digest));
  }
});

for (const stallsAt of ["writing", "withdrawing"] as const) {
  for (const stalled of ["lower", "higher"] as const) {
    it(`claimNumber: one wins when the one with the ${stalled} digest stalls before ${stallsAt}`, async () => {
      const { chain, results } = await race(stalled, stallsAt);
      const won = results.flatMap((result) => (result.status === "fulfilled" ? [result.value.record.digest] : []));
      const lost = results.flatMap((result) => (result.status === "rejected" ? [result.reason as unknown] : []));
      expect(lost).toMatchObject([{ code: "STATE_CONFLICT" }]);
      expect(chain.links.map(({ bundle }) => bundle.digest)).toEqual(won);
    });
  }
}
