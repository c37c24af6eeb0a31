import type { Verification } from "../../trust/verification.ts";
import { type Chain, type ChainLink, Fold } from "./fold.ts";
import { ListPool } from "./intern.ts";
import { linkRecord } from "./verify-links.ts";

/** A chain that grows record by record; each is judged by all before it. */
export class ChainBuilder {
  readonly #context: Pick<Chain, "model" | "policy">;
  readonly #links: ChainLink[] = [];
  readonly #state: Fold;
  readonly #lists = new ListPool();

  /** @param start - a verified chain to go on from, or only whose chain it is. */
  constructor(start: Pick<Chain, "model" | "policy"> & { readonly links?: readonly ChainLink[] }) {
    const { links = [], model, policy } = start;
    this.#context = { model, policy };
    this.#state = new Fold(policy.liveState);
    // Their lists are shared already: whoever verified or restored them saw to it.
    for (const link of links) this.#keep(link);
  }

  get length(): number {
    return this.#links.length;
  }

  get chain(): Chain {
    return { ...this.#context, links: this.#links, state: this.#state };
  }

  /** Judges a verified statement at the end of the chain. @throws {@link LifecycleError} `CHAIN_BROKEN`. */
  append(statement: Verification): void {
    this.#add(linkRecord(statement, { ...this.#context, previous: this.#links.at(-1), state: this.#state }));
  }

  #add(link: ChainLink): void {
    this.#keep({ ...link, record: this.#lists.share(link.record) });
  }

  #keep(link: ChainLink): void {
    this.#links.push(link);
    this.#state.apply(link);
  }
}
