import type { HttpResponse } from "./http/response.ts";

/** What a registry says about the size of pieces when it opens an upload. Bytes. */
export interface PieceLimits {
  /** OCI-Chunk-Min-Length: of all pieces but the last. */
  readonly minBytes?: number;
  /** OCI-Chunk-Max-Length, which Cloudflare's registry sends beside it. */
  readonly maxBytes?: number;
}

const mebibyte = 1024 * 1024;

/** Sizes tried after a 413, largest first. Cloudflare lets 100 MB through, GHCR 4 MiB per PATCH, nginx 1 MiB. */
const rungs = [64 * mebibyte, 16 * mebibyte, 4 * mebibyte, mebibyte, mebibyte / 4] as const;

/** Hashing this much takes 40 ms, which is what a blob that turns out to be there already may cost. */
const aheadDefaultBytes = 64 * mebibyte;

/** Pieces of one upload. S3, on which most registries keep them as its parts, takes no more. */
export const pieceCountLimit = 10_000;

/**
 * How the registry behind one repository wants uploads cut, as far as it has said or shown.
 *
 * Everything in one PUT is the rule: ECR, GAR, GHCR and Artifactory take nothing else from large blobs. Pieces are for
 * those who ask for them, for registries that say how long they should be, and for bodies refused with 413.
 */
export class Chunking {
  readonly #askedBytes: number | undefined;
  readonly #aheadBytes: number;
  /** Shorter than every body that was refused. */
  #bodyLimitBytes = Number.POSITIVE_INFINITY;
  #mustPatch = false;
  #losesPieces = false;
  #refusesAhead = false;

  /**
   * @param askedBytes - blobs longer than this go in pieces of this length.
   * @param aheadBytes - blobs shorter than this wait for their digest.
   */
  constructor(askedBytes?: number, aheadBytes: number = aheadDefaultBytes) {
    this.#askedBytes = askedBytes === undefined ? undefined : Math.floor(askedBytes);
    this.#aheadBytes = aheadBytes;
  }

  /** Whether a blob may be sent in one PATCH before its digest is known. */
  takesAhead(size: number): boolean {
    const isWhole = this.#askedBytes === undefined || size <= this.#askedBytes;
    return (
      size >= this.#aheadBytes && isWhole && size < this.#bodyLimitBytes && !this.#losesPieces && !this.#refusesAhead
    );
  }

  /** Notes that one long PATCH was refused; shorter ones that go on from a broken PUT may still do. */
  refusedAhead(): void {
    this.#refusesAhead = true;
  }

  /**
   * The length of the pieces for a blob of `size` bytes; undefined for all of it in one PUT.
   *
   * Whatever a hostile registry asks for, a piece costs no memory: it is streamed. A huge minimum makes one piece of
   * the whole blob, a tiny maximum gives more pieces than {@link pieceCountLimit}, which the caller must refuse.
   */
  pieceBytes(size: number, { minBytes = 0, maxBytes = Number.POSITIVE_INFINITY }: PieceLimits): number | undefined {
    if (this.#losesPieces) return undefined;
    const isTold = minBytes > 0 || maxBytes < Number.POSITIVE_INFINITY;
    const wanted = this.#askedBytes ?? (isTold ? rungs[0] : Number.POSITIVE_INFINITY);
    // Our own wish gives way to the limit on the number of pieces; the registry's limits do not give way to ours.
    const reasonable = Math.max(Math.min(wanted, size), Math.ceil(size / pieceCountLimit), minBytes);
    const bytes = Math.min(reasonable, this.#bodyLimitBytes, maxBytes);
    if (bytes < size) return bytes;
    return this.#mustPatch && size > 0 ? size : undefined;
  }

  /**
   * Notes that a body of so many bytes was answered with 413.
   *
   * @returns whether there is something shorter, or at least something other, to try. Others who upload at the same
   * time may have noted the same before; that must not end this one.
   */
  refused(method: "PUT" | "PATCH", bodyBytes: number): boolean {
    if (this.#losesPieces) return false;
    const shorter = rungs.find((rung) => rung < bodyBytes);
    if (shorter !== undefined) this.#bodyLimitBytes = Math.min(this.#bodyLimitBytes, shorter);
    // Some proxies and, once, Artifactory (containerd#3533) want a PATCH however short the content is.
    else if (method === "PUT") this.#mustPatch = true;
    return shorter !== undefined || method === "PUT";
  }

  /**
   * Notes that pieces are refused or do not stay: ECR drops all but the first (containers-roadmap#2831), Artifactory
   * keeps only the last (wasmCloud#3405), GAR takes none.
   *
   * @returns whether the content may be tried in one PUT instead.
   */
  lostPieces(): boolean {
    if (this.#mustPatch || this.#bodyLimitBytes < Number.POSITIVE_INFINITY) return false;
    this.#losesPieces = true;
    return true;
  }

  /** Whether what arrived of a broken PUT may be completed by PATCH. */
  get takesPieces(): boolean {
    return !this.#losesPieces;
  }
}

/** The limits in the answer to the POST that opened an upload. */
export function pieceLimits(response: HttpResponse): PieceLimits {
  const minBytes = count(response.header("oci-chunk-min-length"));
  const maxBytes = count(response.header("oci-chunk-max-length"));
  return { ...(minBytes ? { minBytes } : {}), ...(maxBytes ? { maxBytes } : {}) };
}

function count(text: string | undefined): number | undefined {
  return text !== undefined && /^\s*\d{1,15}\s*$/.test(text) ? Number(text) : undefined;
}
