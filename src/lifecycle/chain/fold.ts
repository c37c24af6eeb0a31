import type { Digest } from "../../base/digest.ts";
import { fromContentDigest } from "../../evidence/predicates/digest-set.ts";
import type { Descriptor } from "../../oci/descriptor.ts";
import type { Member, Policy } from "../policy/policy.ts";
import type { TransitionRecord } from "./record.ts";

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
}

/** The verified history of one model, from record 1 to the head. */
export interface Chain {
  readonly model: string;
  readonly policy: Policy;
  readonly links: readonly ChainLink[];
}

/** Where a version is, by its last record. */
export interface VersionState {
  readonly version: number;
  readonly digest: Digest;
  readonly state: string;
  /** RFC 3339. */
  readonly since: string;
  readonly by: Member;
  readonly link: ChainLink;
  /** When it last entered each state it has been in. RFC 3339. */
  readonly entered: ReadonlyMap<string, string>;
  /** When a retired version stops being served. RFC 3339. */
  readonly sunset?: string;
}

/** One change of what production serves. */
export interface Rollout {
  /** From 1 on; the number in the rollout tag. */
  readonly sequence: number;
  readonly version: number;
  readonly digest: Digest;
  readonly link: ChainLink;
}

/** What a chain adds up to. */
export interface ModelState {
  /** Versions that a record speaks of; all others are in the policy's initial state. */
  readonly versions: ReadonlyMap<number, VersionState>;
  readonly rollouts: readonly Rollout[];
  /** What production serves now. */
  readonly champion?: Rollout;
}

/** Adds up the records of a verified chain. */
export function foldChain({ links, policy }: Pick<Chain, "links" | "policy">): ModelState {
  const fold = new Fold(policy.liveState);
  for (const link of links) fold.apply(link);
  return fold;
}

/** A state that grows record by record, so that a verifier can judge each record by all before it. */
export class Fold implements ModelState {
  readonly versions = new Map<number, VersionState>();
  readonly rollouts: Rollout[] = [];
  champion?: Rollout;
  readonly #liveState: string;

  constructor(liveState: string) {
    this.#liveState = liveState;
  }

  apply(link: ChainLink): void {
    const { record, version, subject: digest, signer: by } = link;
    const before = this.versions.get(version);
    const since = record.recordedAt;
    const sunset = record.sunset?.expiresAt ?? before?.sunset;
    const entered = new Map(before?.entered).set(record.to, since);
    this.versions.set(version, {
      ...{ version, digest, state: record.to, since, by, link, entered },
      ...(sunset === undefined ? {} : { sunset }),
    });
    if (record.to === this.#liveState) {
      this.champion = { sequence: this.rollouts.length + 1, version, digest, link };
      this.rollouts.push(this.champion);
    } else if (this.champion?.version === version) {
      // It left the live state with nothing in its place: production serves nothing until the next rollout.
      delete this.champion;
    }
  }
}

/** Digest of the newest record's bundle manifest; null before the first. */
export function headOf({ links }: Pick<Chain, "links">): Digest | null {
  return links.at(-1)?.bundle.digest ?? null;
}

/** The digests in a record's list of statements. */
export function recordedDigests(list: TransitionRecord["evidence"]): readonly Digest[] {
  return list.map(({ digest }) => fromContentDigest(digest));
}
