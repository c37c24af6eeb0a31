import type { ChainLink, FollowedUp, ModelState, OpenBreakGlass, VersionState } from "../chain/fold.ts";

/** Whose state is asked for, and when. */
interface StandingQuestion {
  /** What the chain adds up to. */
  readonly state: ModelState;
  readonly version: number;
  readonly now: Date;
}

/** Judges a record again: why it does not hold; nothing when it does. */
export type Doubt = (link: ChainLink) => Promise<string | undefined>;

/**
 * What a chain adds up to, but for the records that would take a safeguard away and do not hold when they are judged
 * again: a release without its approvals leaves the hold where it was, and a follow-up without its evidence leaves the
 * emergency open. Records that only restrict (a revocation, a hold) count as they are: in doubt a version is kept, and
 * not served (docs/decisions/023).
 *
 * Judged is what concerns the version, and of other versions' emergencies those whose follow-up is due.
 */
export async function standingState({ now, state, version }: StandingQuestion, doubt: Doubt): Promise<ModelState> {
  const reopened: OpenBreakGlass[] = [];
  for (const one of state.followedUp ?? []) {
    if (one.version !== version && Date.parse(one.facts.followUpBy) > now.getTime()) continue;
    const notFollowedUp = await doubtAboutAll(one.by, doubt);
    if (notFollowedUp !== undefined) reopened.push(reopen(one, notFollowedUp));
  }
  const held = await stillHeld(state.versions.get(version), doubt);
  if (!held && reopened.length === 0) return state;
  const { champion, followedUp = [], openBreakGlass = [], rollouts, slots, versions } = state;
  return {
    ...{ rollouts, ...(champion ? { champion } : {}), ...(slots ? { slots } : {}) },
    versions: held ? new Map(versions).set(version, held) : versions,
    openBreakGlass: [...openBreakGlass, ...reopened],
    followedUp: followedUp.filter((one) => !reopened.some(({ link }) => link === one.link)),
  };
}

function reopen({ by: _by, ...open }: FollowedUp, notFollowedUp: string): OpenBreakGlass {
  return { ...open, notFollowedUp };
}

async function stillHeld(version: VersionState | undefined, doubt: Doubt): Promise<VersionState | undefined> {
  if (!version?.lifted) return undefined;
  const { lifted, ...rest } = version;
  const notLifted = await doubtAboutAll(lifted.by, doubt);
  return notLifted === undefined ? undefined : { ...rest, hold: lifted.hold, notLifted };
}

/** One that holds is enough: a later one, signed by hand, must not undo it. */
async function doubtAboutAll(links: readonly ChainLink[], doubt: Doubt): Promise<string | undefined> {
  let found: string | undefined;
  for (const link of links) {
    found = await doubt(link);
    if (found === undefined) return undefined;
  }
  return found;
}
