import type { ByteRange } from "../oci/content.ts";
import { connectionLimit } from "./connections.ts";

/** What a first request asks for at most: short enough to share out. */
export const partLimitBytes = 32 * 1024 * 1024;
/** What one request asks for at least. */
const partLeastBytes = 4 * 1024 * 1024;
/**
 * For how long a request keeps its connection busy, in milliseconds, once it is known how fast those are. Where each is
 * slow, parts stay short, so that all have some; where one is enough, short parts cost the registry more than the bytes
 * (docs/decisions/015).
 */
const partMs = 1_000;

/** What a first request asks for, of a blob so long: so little that all connections can have a part of it. */
export function partBytes(blobBytes: number): number {
  const share = Math.ceil(blobBytes / connectionLimit / partLeastBytes) * partLeastBytes;
  return Math.min(Math.max(share, partLeastBytes), partLimitBytes);
}
/** Less than this is not taken from a connection that brings bytes. */
const shareBytes = 1024 * 1024;
/** What a connection finishes within this time is left to it, in milliseconds. */
const shareMs = 400;
/** A connection that brought nothing for so long, in milliseconds, loses all that it was asked for to another one. */
const quietMs = 2_000;

/** A stretch that one connection is fetching. Its end moves down when another connection takes over the rest. */
export class Part {
  readonly start: number;
  end: number;
  /** The next byte to come. */
  at: number;
  /** Ends the request when somebody else has taken all of the rest. */
  readonly controller = new AbortController();
  readonly #since: number;
  #lastMs: number;

  constructor({ start, end }: ByteRange, nowMs: number) {
    this.start = start;
    this.at = start;
    this.end = end;
    this.#lastMs = nowMs;
    this.#since = nowMs;
  }

  came(count: number, nowMs: number): void {
    this.at += count;
    this.#lastMs = nowMs;
  }

  get rest(): number {
    return Math.max(0, this.end - this.at);
  }

  isQuiet(nowMs: number): boolean {
    return nowMs - this.#lastMs > quietMs;
  }

  /** Bytes per millisecond since it began. */
  rate(nowMs: number): number {
    return (this.at - this.start) / Math.max(1, nowMs - this.#since);
  }
}

/** What is still to be fetched of one blob, handed out in order; in the end what others are slow to bring. */
export class PartQueue {
  readonly #waiting: ByteRange[];
  readonly #active = new Set<Part>();
  readonly #partBytes: number;
  /** Bytes per millisecond that the last part came with. */
  #rate = 0;

  /**
   * @param missing - in order.
   * @param partBytes - length of parts as long as nobody knows how fast they come; later ones are multiples of it.
   */
  constructor(missing: readonly ByteRange[], partBytes: number) {
    this.#waiting = [...missing];
    this.#partBytes = partBytes;
  }

  /** Everything has arrived. */
  get isDone(): boolean {
    return this.#waiting.length === 0 && this.#active.size === 0;
  }

  /**
   * The next thing to do; undefined when others are doing all of it, for the moment.
   *
   * @param mayShare - whether to take over what another connection is slow to bring.
   */
  take(nowMs: number, mayShare = true): Part | undefined {
    const range = this.#next() ?? (mayShare ? this.#share(nowMs) : undefined);
    if (!range) return undefined;
    const part = new Part(range, nowMs);
    this.#active.add(part);
    return part;
  }

  /** Ends a part; what it did not bring comes next. */
  end(part: Part, nowMs: number): void {
    this.#active.delete(part);
    // The first bytes of a connection tell of its buffers, not of its speed.
    if (part.at - part.start >= shareBytes) this.#rate = part.rate(nowMs);
    if (part.rest > 0) this.#waiting.unshift({ start: part.at, end: part.end });
  }

  #next(): ByteRange | undefined {
    const first = this.#waiting.shift();
    if (!first) return undefined;
    // Cut at multiples, so that later runs ask caches on the way for the same parts.
    const count = Math.max(1, Math.floor((this.#rate * partMs) / this.#partBytes));
    const end = (Math.floor(first.start / this.#partBytes) + count) * this.#partBytes;
    if (end >= first.end) return first;
    this.#waiting.unshift({ start: end, end: first.end });
    return { start: first.start, end };
  }

  /**
   * Takes over from the connection that would take longest: all of the rest from one that brings nothing, else as much
   * as makes both end together.
   */
  #share(nowMs: number): ByteRange | undefined {
    const parts = [...this.#active].filter(({ rest }) => rest > 0);
    const quiet = parts.find((part) => part.isQuiet(nowMs));
    if (quiet) {
      const range = { start: quiet.at, end: quiet.end };
      quiet.end = quiet.at;
      quiet.controller.abort();
      return range;
    }
    const rates = parts.map((part) => part.rate(nowMs)).sort((a, b) => a - b);
    const usual = rates[rates.length >> 1] ?? 0;
    const [slowest] = parts.sort((a, b) => b.rest / b.rate(nowMs) - a.rest / a.rate(nowMs));
    if (!slowest || usual === 0) return undefined;
    const own = slowest.rate(nowMs);
    const share = Math.floor((slowest.rest * usual) / (usual + own));
    if (share < shareBytes || slowest.rest / Math.max(own, Number.MIN_VALUE) < shareMs) return undefined;
    const range = { start: slowest.end - share, end: slowest.end };
    slowest.end = range.start;
    return range;
  }
}
