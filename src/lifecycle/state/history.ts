import type { Digest } from "../../base/digest.ts";
import { type Chain, type ChainLink, foldChain } from "../chain/fold.ts";

/**
 * The chain as it was at a past moment: what its records said by then. Nothing in it is read again.
 *
 * @param at - records of later times are left out; they never precede earlier ones.
 */
export function chainAt(chain: Chain, at: Date): Chain {
  const links = chain.links.filter(({ record }) => Date.parse(record.recordedAt) <= at.getTime());
  return { ...chain, links, state: foldChain({ links, policy: chain.policy }) };
}

/** A retired version whose end was announced. */
export interface Sunset {
  readonly model: string;
  readonly version: number;
  readonly digest: Digest;
  /** RFC 3339. */
  readonly expiresAt: string;
  /** Negative once it is over. */
  readonly daysLeft: number;
  /** The version that takes over, when the record names one. */
  readonly successor?: string;
  /** Whoever retired it. */
  readonly by: string;
  readonly held: boolean;
}

/** Retired versions that are not archived yet, the next to end first. */
export function sunsets({ model, policy, state }: Chain, now: Date): readonly Sunset[] {
  return [...state.versions.values()]
    .filter((version) => policy.states.get(version.state)?.serve === "until-sunset")
    .flatMap(({ by, digest, hold, link, sunset, version }) => {
      if (sunset === undefined) return [];
      const { successor } = link.record;
      return [
        {
          ...{ model, version, digest, expiresAt: sunset, daysLeft: daysUntil(sunset, now), by: by.person },
          ...{ held: hold !== undefined, ...(successor === undefined ? {} : { successor }) },
        },
      ];
    })
    .sort((one, other) => Date.parse(one.expiresAt) - Date.parse(other.expiresAt));
}

/** Whole days from now on, rounded up: on the last day there is one left. */
export function daysUntil(time: string, now: Date): number {
  return Math.ceil((Date.parse(time) - now.getTime()) / 86_400_000);
}

/** Records about one version, oldest first. */
export function recordsOf({ links }: Pick<Chain, "links">, version: number): readonly ChainLink[] {
  return links.filter((link) => link.version === version);
}
