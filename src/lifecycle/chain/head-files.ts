import { createHash } from "node:crypto";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { writeFileAtomic } from "../../base/atomic-file.ts";
import { ChainBuilder } from "./builder.ts";
import type { Chain } from "./fold.ts";
import { withHead, writeHead } from "./head-file.ts";
import type { HeadStore, RememberedHead } from "./heads.ts";

/**
 * Remembers heads in a directory of the reader's own, one file per repository.
 *
 * A file is replaced as a whole, so that readers never see half of one; of two programs that write at once the later
 * one stays, and both heads were verified. A file that cannot be read is taken as absent.
 */
export class HeadFiles implements HeadStore {
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
  }

  async read(
    location: string,
    { model, policy }: Pick<Chain, "model" | "policy">,
  ): Promise<RememberedHead | undefined> {
    return withHead(this.#path(location), async (opened) => {
      const { head } = opened;
      if (head.location !== location) return undefined;
      const known = { policy: head.policy, sequence: head.sequence, digest: head.digest };
      if (head.policy !== policy.digest || head.root !== policy.trustRoot?.digest) return known;
      const links = await opened.links(policy);
      // Of other numbers than it says: whatever it is, it is nothing to go on from.
      if (links?.length !== head.sequence || links.at(-1)?.bundle.digest !== head.digest) return known;
      return { ...known, chain: new ChainBuilder({ model, policy, links }).chain };
    });
  }

  async write(location: string, chain: Chain): Promise<void> {
    const head = chain.links.at(-1);
    if (!head) return;
    const present = await withHead(this.#path(location), async (opened) => opened.head);
    const isSame = present?.location === location && present.policy === chain.policy.digest;
    // Another program has read on meanwhile. That its head is of the same history, the next reading finds out.
    if (isSame && present.sequence > head.sequence) return;
    // Best effort: a home that cannot be written costs the next reader time and nothing else.
    await writeFileAtomic(this.#path(location), writeHead(location, chain, head), { mode: 0o600 }).catch(() => {});
  }

  /** Forgets a head, for a model that was really made anew. */
  async forget(location: string): Promise<void> {
    await rm(this.#path(location), { force: true });
  }

  #path(location: string): string {
    return join(this.#directory, `${createHash("sha256").update(location).digest("hex")}.json`);
  }
}
