import type { Digest } from "../../base/digest.ts";
import { fromContentDigest } from "../../evidence/predicates/digest-set.ts";
import type { Descriptor } from "../../oci/descriptor.ts";
import type { PolicyReference } from "../decision/decision.ts";
import type { Member, Policy } from "../policy/policy.ts";
import type { TransitionRecord } from "./record.ts";
import { Slots } from "./slots.ts";
import type { Witnesses } from "./witnesses.ts";

/** A record whose signature, place in the chain and authority were verified. */
export interface ChainLink {
  readonly sequence: number;
  /** The manifest that carries it; its digest is what the next record calls `prev`. */
  readonly bundle: Descriptor;
  readonly record: TransitionRecord;
  readonly version: number;
  /** The model manifest. */
  readonly subject: Digest;
  readonly signer: Member;
  /** Who else testified to it; absent when nobody did. */
  readonly witnesses?: Witnesses;
}

/** The verified history of one model, from record 1 to the head. */
export interface Chain {
  readonly model: string;
  readonly policy: Policy;
  readonly links: readonly ChainLink[];
  /** What they add up to. */
  readonly state: ModelState;
}

/** Where a version is, by its last record. */
export interface VersionState {
  readonly version: number;
  readonly digest: Digest;
  readonly state: string;
  /** RFC 3339. */
  readonly since: string;
  readonly by: Member;
  /** The record that brought it there. */
  readonly link: ChainLink;
  /** When it last entered each state it has been in. RFC 3339. */
  readonly entered: ReadonlyMap<string, string>;
  /** When a retired version stops being served. RFC 3339. */
  readonly sunset?: string;
  /** The record that forbids archiving and deleting it, as long as none lifts that. */
  readonly hold?: ChainLink;
  /** A hold that is over by the word of whoever signed that; `standingState` asks whether it was theirs to say. */
  readonly lifted?: { readonly hold: ChainLink; readonly by: readonly ChainLink[] };
  /** Why a record that lifted the hold does not count. */
  readonly notLifted?: string;
}

/** One change of what production serves. */
export interface Rollout {
  /** From 1 on; the number in the rollout tag. */
  readonly sequence: number;
  readonly version: number;
  readonly digest: Digest;
  readonly link: ChainLink;
}

/** What another slot than the main one serves. */
export interface SlotState {
  readonly slot: string;
  readonly version: number;
  readonly digest: Digest;
  /** Percent of the traffic, when the record says so. */
  readonly weight?: number;
  /** The record that put it there. */
  readonly link: ChainLink;
}

/** An emergency move that nobody has followed up yet. */
export interface OpenBreakGlass {
  readonly version: number;
  readonly facts: NonNullable<TransitionRecord["breakGlass"]>;
  readonly link: ChainLink;
  /** Why a record that followed it up does not count. */
  readonly notFollowedUp?: string;
}

/** One that was followed up by the word of whoever signed that; `standingState` asks whether it was theirs to say. */
export interface FollowedUp extends OpenBreakGlass {
  readonly by: readonly ChainLink[];
}

/** What a chain adds up to. */
export interface ModelState {
  /** Versions that a record speaks of; all others are in the policy's initial state. */
  readonly versions: ReadonlyMap<number, VersionState>;
  /** Of the main slot. */
  readonly rollouts: readonly Rollout[];
  /** What production serves now, in its main slot. */
  readonly champion?: Rollout;
  /** What its other slots serve, by name. */
  readonly slots?: ReadonlyMap<string, SlotState>;
  /** Oldest first. */
  readonly openBreakGlass?: readonly OpenBreakGlass[];
  /** Of versions that are still live. */
  readonly followedUp?: readonly FollowedUp[];
}

/** Adds up the records of a verified chain, or the first of them. */
export function foldChain({ links, policy }: Pick<Chain, "links" | "policy">): ModelState {
  const fold = new Fold(policy.liveState);
  for (const link of links) fold.apply(link);
  return fold;
}

/** A state that grows record by record, so that a verifier can judge each record by all before it. */
export class Fold implements ModelState {
  readonly versions = new Map<number, VersionState>();
  readonly rollouts: Rollout[] = [];
  readonly #slots = new Slots();
  #openBreakGlass: OpenBreakGlass[] = [];
  #followedUp: FollowedUp[] = [];
  champion?: Rollout;
  readonly #liveState: string;

  constructor(liveState: string) {
    this.#liveState = liveState;
  }

  get slots(): ReadonlyMap<string, SlotState> {
    return this.#slots.all;
  }

  get openBreakGlass(): readonly OpenBreakGlass[] {
    return this.#openBreakGlass;
  }

  get followedUp(): readonly FollowedUp[] {
    return this.#followedUp;
  }

  apply(link: ChainLink): void {
    const { record, version } = link;
    const before = this.versions.get(version);
    if (before && isAside(record.kind)) this.#applyAside(link, before);
    else if (before && record.kind === "assign") this.#serve(link);
    else {
      this.#move(link, before);
      if (record.to === this.#liveState) this.#serve(link);
      else this.#stopServing(version);
    }
  }

  /** What changes neither the state nor what is served. */
  #applyAside(link: ChainLink, before: VersionState): void {
    const { hold, lifted, ...rest } = before;
    if (link.record.kind === "hold") this.versions.set(link.version, { ...rest, hold: link });
    if (link.record.kind === "release") {
      const over = hold ? { hold, by: [link] } : lifted && { ...lifted, by: [...lifted.by, link] };
      this.versions.set(link.version, { ...rest, ...(over ? { lifted: over } : {}) });
    }
    if (link.record.kind === "follow-up") this.#followUp(link);
  }

  #followUp(link: ChainLink): void {
    const { version } = link;
    const open = this.#openBreakGlass.filter((one) => one.version === version).map((one) => ({ ...one, by: [] }));
    this.#openBreakGlass = this.#openBreakGlass.filter((one) => one.version !== version);
    this.#followedUp = [...this.#followedUp, ...open].map((one) =>
      one.version === version ? { ...one, by: [...one.by, link] } : one,
    );
  }

  #move(link: ChainLink, before: VersionState | undefined): void {
    const { record, version, subject: digest, signer: by } = link;
    const since = record.recordedAt;
    const sunset = record.sunset?.expiresAt ?? before?.sunset;
    const entered = new Map(before?.entered).set(record.to, since);
    this.versions.set(version, {
      ...{ version, digest, state: record.to, since, by, link, entered },
      ...(sunset === undefined ? {} : { sunset }),
      ...(before?.hold ? { hold: before.hold } : {}),
      ...(before?.lifted ? { lifted: before.lifted } : {}),
    });
    if (record.breakGlass) this.#openBreakGlass.push({ version, facts: record.breakGlass, link });
  }

  #serve(link: ChainLink): void {
    const { version, subject: digest } = link;
    if (link.record.slot !== undefined) {
      this.#slots.put(link, link.record.slot);
      return;
    }
    this.champion = { sequence: this.rollouts.length + 1, version, digest, link };
    this.rollouts.push(this.champion);
  }

  /** It left the live state; where nothing is in its place, production serves nothing until the next rollout. */
  #stopServing(version: number): void {
    if (this.champion?.version === version) delete this.champion;
    this.#slots.remove(version);
    this.#openBreakGlass = this.#openBreakGlass.filter((one) => one.version !== version);
    this.#followedUp = this.#followedUp.filter((one) => one.version !== version);
  }
}

function isAside(kind: TransitionRecord["kind"]): boolean {
  return kind === "hold" || kind === "release" || kind === "follow-up";
}

/** Digest of the newest record's bundle manifest; null before the first. */
export function headOf({ links }: Pick<Chain, "links">): Digest | null {
  return links.at(-1)?.bundle.digest ?? null;
}

/** The policy that a record was decided under. */
export function policyOf({ record: { policy } }: Pick<ChainLink, "record">): PolicyReference {
  return { name: policy.name, version: policy.version, digest: fromContentDigest(policy.digest) };
}

/** The digests in a record's list of statements. */
export function recordedDigests(list: TransitionRecord["evidence"]): readonly Digest[] {
  return list.map(({ digest }) => fromContentDigest(digest));
}
