import type { World } from "./world.ts";

/** The trusted clients that were put before the same fault (reference/registries.md §6), at these versions. */
export const peers = {
  oras: "oras 1.3.3",
  regctl: "regctl 0.11.5",
  crane: "crane 0.21.9",
  skopeo: "skopeo 1.9.3",
  ctr: "ctr 2.1.9",
} as const;
export type Peer = keyof typeof peers;

/** What each of them did; absent where it was not measured. */
export type PeerBehaviour = Readonly<Partial<Record<Peer, string>>>;

/** Does what the fault is about, when everything is ready for it; resolves or rejects as mreg does. */
export type Act = () => Promise<unknown>;

/** One thing that goes wrong, and how mreg must end. */
export interface FaultCase {
  /** Kebab-case, unique, never changed: it is the row's name on docs/faults.md. */
  readonly id: string;
  /** What goes wrong. */
  readonly title: string;
  /** `ok`, or the code of the error. */
  readonly expected: string;
  /**
   * From the moment that everything is ready. A ceiling that a loop breaks, not a benchmark; the page shows the count.
   */
  readonly requestsAtMost: number;
  /** How mreg comes to this end, where the outcome alone does not say. */
  readonly how?: string;
  readonly peers?: PeerBehaviour;
  /** Published holes of other clients that this case would have found. */
  readonly advisories?: readonly string[];
  /** Why mreg does not end as expected yet; the test fails when it does. */
  readonly gap?: string;
  /** Prepares the fault. What must be true afterwards is registered with {@link World.afterwards}. */
  readonly arrange: (world: World) => Promise<Act>;
}

/** Cases that are about one thing: a table of docs/faults.md. */
export interface FaultGroup {
  readonly title: string;
  /** Sentences that stand before the table. */
  readonly about: string;
  readonly cases: readonly FaultCase[];
}
