import { type FileHandle, open } from "node:fs/promises";
import { z } from "zod";
import type { ByteStream } from "../../base/bytes.ts";
import { headFileLimitBytes } from "../limits.ts";
import type { Policy } from "../policy/policy.ts";
import type { Chain, ChainLink } from "./fold.ts";
import type { TransitionRecord } from "./record.ts";
import type { Witnesses } from "./witnesses.ts";

type List = TransitionRecord["evidence"];

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

const digest = z.string().regex(/^[a-z0-9]+:[0-9a-f]{32,}$/);

/**
 * The first line of the file. After it come its lists of statements and then its links, one to a line, so that nobody
 * holds ten thousand of them as text.
 */
const HeadLine = z.object({
  schemaVersion: z.literal(2),
  location: z.string(),
  policy: digest,
  /** Digest of the trusted root that certificates and witnesses were verified against. */
  root: z.string().optional(),
  sequence: z.int().min(1),
  digest,
  /** How many lists of statements come next. */
  lists: z.int().min(0),
});
type HeadLine = z.infer<typeof HeadLine>;

/** Text gathered before it is handed on. */
const chunkCharacters = 64 * 1024;

/** Writes a verified chain that has a head. */
export async function* writeHead(location: string, { links, policy }: Chain, head: ChainLink): ByteStream {
  const lists = new Map<List, number>();
  for (const { record } of links) {
    for (const list of [record.evidence, record.baseline]) if (!lists.has(list)) lists.set(list, lists.size);
  }
  const first: HeadLine = {
    ...{ schemaVersion: 2, location, policy: policy.digest, sequence: head.sequence, digest: head.bundle.digest },
    ...(policy.trustRoot ? { root: policy.trustRoot.digest } : {}),
    lists: lists.size,
  };
  let text = "";
  for (const line of linesOf(first, [...lists.keys()], links, lists)) {
    text += `${JSON.stringify(line)}\n`;
    if (text.length < chunkCharacters) continue;
    yield Buffer.from(text);
    text = "";
  }
  yield Buffer.from(text);
}

function* linesOf(
  first: HeadLine,
  lists: readonly List[],
  links: readonly ChainLink[],
  numbers: ReadonlyMap<List, number>,
): Iterable<unknown> {
  yield first;
  yield* lists;
  for (const { record, signer, ...link } of links) {
    const { evidence, baseline, ...rest } = record;
    const written: WrittenLink = {
      ...{ bundle: link.bundle, version: link.version, subject: link.subject, signer: signer.name },
      ...(link.witnesses ? { witnesses: link.witnesses } : {}),
      record: rest,
      ...{ evidence: numbers.get(evidence) ?? 0, baseline: numbers.get(baseline) ?? 0 },
    };
    yield written;
  }
}

/** A file that was opened and whose first line was understood. */
interface OpenedHead {
  readonly head: HeadLine;
  /** Restores the chain up to the head; `undefined` when it is not whole, or by somebody whom the policy lacks. */
  links(policy: Policy): Promise<readonly ChainLink[] | undefined>;
}

/**
 * Opens a file, for as long as `use` takes.
 *
 * The links were verified and written by this program: what is looked at is only whether the file is whole.
 *
 * @returns undefined when there is none, or what there is cannot be understood.
 */
export async function withHead<Result>(
  path: string,
  use: (opened: OpenedHead) => Promise<Result>,
): Promise<Result | undefined> {
  let file: FileHandle | undefined;
  try {
    file = await open(path);
    if ((await file.stat()).size > headFileLimitBytes) return undefined;
    const lines = file.readLines()[Symbol.asyncIterator]();
    const head = HeadLine.parse(JSON.parse((await lines.next()).value ?? ""));
    return await use({ head, links: (policy) => restore(head, lines, policy).catch(() => undefined) });
  } catch {
    return undefined;
  } finally {
    await file?.close().catch(() => {});
  }
}

async function restore(
  { lists: count }: HeadLine,
  lines: AsyncIterator<string>,
  policy: Policy,
): Promise<readonly ChainLink[] | undefined> {
  const lists: List[] = [];
  const links: ChainLink[] = [];
  for (let line = await lines.next(); !line.done; line = await lines.next()) {
    const parsed = JSON.parse(line.value) as List | WrittenLink;
    if (lists.length < count) {
      lists.push(parsed as List);
      continue;
    }
    const { signer: name, record, evidence: e, baseline: b, ...link } = parsed as WrittenLink;
    const signer = policy.members.get(name);
    const [evidence, baseline] = [lists[e], lists[b]];
    if (!signer || !evidence || !baseline) return undefined;
    links.push(
      // In place: what was parsed is nobody else's, and a copy of ten thousand would be garbage.
      Object.assign(link, {
        sequence: links.length + 1,
        signer,
        record: Object.assign(record, { evidence, baseline }),
      }),
    );
  }
  return links;
}
