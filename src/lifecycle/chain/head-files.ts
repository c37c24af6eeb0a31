import { createHash } from "node:crypto";
import { readFile, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { writeFileAtomic } from "../../base/atomic-file.ts";
import { headFileLimitBytes } from "../../base/limits.ts";
import type { Policy } from "../policy/policy.ts";
import { ChainBuilder } from "./builder.ts";
import type { Chain, ChainLink } from "./fold.ts";
import type { HeadStore, RememberedHead } from "./heads.ts";
import type { TransitionRecord } from "./record.ts";
import type { Witnesses } from "./witnesses.ts";

type Lists = readonly TransitionRecord["evidence"][];

/** A link as the file has it: the signer by name, and lists of statements by number, since most are repeated. */
interface WrittenLink {
  readonly bundle: ChainLink["bundle"];
  readonly version: number;
  readonly subject: ChainLink["subject"];
  readonly signer: string;
  readonly witnesses?: Witnesses;
  readonly record: Omit<TransitionRecord, "evidence" | "baseline">;
  readonly evidence: number;
  readonly baseline: number;
}

/** The links were verified and written by this program: what is looked at is only whether the file is whole. */
const HeadFile = z.object({
  schemaVersion: z.literal(1),
  location: z.string(),
  policy: z.string().regex(/^[a-z0-9]+:[0-9a-f]{32,}$/),
  /** Digest of the trusted root that certificates and witnesses were verified against. */
  root: z.string().optional(),
  sequence: z.int().min(1),
  digest: z.string().regex(/^[a-z0-9]+:[0-9a-f]{32,}$/),
  lists: z.array(z.custom<Lists[number]>(Array.isArray)),
  links: z.array(z.custom<WrittenLink>((value) => typeof value === "object" && value !== null)),
});

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
    const file = await this.#load(location);
    if (!file) return undefined;
    const { digest, sequence } = file;
    const known = { policy: file.policy, sequence, digest };
    if (file.policy !== policy.digest || file.root !== policy.trustRoot?.digest) return known;
    const links = restore(file, policy);
    // Of other numbers than it says: whatever it is, it is nothing to go on from.
    if (links?.length !== sequence || links.at(-1)?.bundle.digest !== digest) return known;
    return { ...known, chain: new ChainBuilder({ model, policy, links }).chain };
  }

  async write(location: string, chain: Chain): Promise<void> {
    const head = chain.links.at(-1);
    if (!head) return;
    const present = await this.#load(location);
    const isOlder = present?.policy === chain.policy.digest && present.sequence > head.sequence;
    // Another program has read on meanwhile. That its head is of the same history, the next reading finds out.
    if (isOlder) return;
    const text = JSON.stringify(writeFile(location, chain, head));
    // Best effort: a home that cannot be written costs the next reader time and nothing else.
    await writeFileAtomic(this.#path(location), text, { mode: 0o600 }).catch(() => {});
  }

  /** Forgets a head, for a model that was really made anew. */
  async forget(location: string): Promise<void> {
    await rm(this.#path(location), { force: true });
  }

  async #load(location: string): Promise<z.infer<typeof HeadFile> | undefined> {
    const path = this.#path(location);
    try {
      if ((await stat(path)).size > headFileLimitBytes) return undefined;
      const file = HeadFile.parse(JSON.parse(await readFile(path, "utf8")));
      return file.location === location ? file : undefined;
    } catch {
      return undefined;
    }
  }

  #path(location: string): string {
    return join(this.#directory, `${createHash("sha256").update(location).digest("hex")}.json`);
  }
}

function writeFile(location: string, { links, policy }: Chain, head: ChainLink) {
  const lists = new Map<Lists[number], number>();
  const number = (list: Lists[number]): number => {
    const known = lists.get(list);
    if (known !== undefined) return known;
    lists.set(list, lists.size);
    return lists.size - 1;
  };
  const written = links.map(({ record: { evidence, baseline, ...record }, signer, ...link }) => ({
    ...{ bundle: link.bundle, version: link.version, subject: link.subject, signer: signer.name, record },
    ...(link.witnesses ? { witnesses: link.witnesses } : {}),
    ...{ evidence: number(evidence), baseline: number(baseline) },
  }));
  return {
    ...{ schemaVersion: 1, location, policy: policy.digest, sequence: head.sequence, digest: head.bundle.digest },
    ...(policy.trustRoot ? { root: policy.trustRoot.digest } : {}),
    ...{ lists: [...lists.keys()], links: written },
  };
}

function restore(file: z.infer<typeof HeadFile>, policy: Policy): readonly ChainLink[] | undefined {
  const links: ChainLink[] = [];
  for (const [at, { signer: name, record, evidence: e, baseline: b, ...link }] of file.links.entries()) {
    const signer = policy.members.get(name);
    const [evidence, baseline] = [file.lists[e], file.lists[b]];
    if (!signer || !evidence || !baseline) return undefined;
    // In place: what was parsed is nobody else's, and a copy of ten thousand would be garbage.
    links.push(
      Object.assign(link, { sequence: at + 1, signer, record: Object.assign(record, { evidence, baseline }) }),
    );
  }
  return links;
}
