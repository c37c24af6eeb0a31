import { type Clock, systemClock } from "../../base/clock.ts";
import { mapConcurrent } from "../../base/concurrency.ts";
import { StoreError } from "../../oci/errors.ts";
import type { DigestCache } from "../../transfer/digest-cache.ts";
import { HashPool } from "../../transfer/hash-pool.ts";
import type { Presence, PresentFiles } from "./present-files.ts";
import type { WantedFile } from "./target-directory.ts";

/** A wanted file, and what is in its place now. */
export type Planned<T extends WantedFile = WantedFile> = T & { readonly presence: Presence };

export interface PlanOptions {
  /** Files looked at at a time. Default 4. */
  readonly concurrency?: number | undefined;
  /** Files with other content may be there: they are to be replaced. */
  readonly overwrite?: boolean | undefined;
  /** Digests of files that nobody has touched since. */
  readonly digests?: DigestCache | undefined;
  readonly clock?: Clock | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Looks for each file in the directory, without changing anything there.
 *
 * @param files - with checked paths.
 * @throws {@link StoreError} `ALREADY_EXISTS` when files with other content are in the way.
 * @throws like {@link PresentFiles.presence}.
 */
export async function planFiles<T extends WantedFile>(
  files: readonly T[],
  present: PresentFiles,
  { concurrency = 4, overwrite, digests, clock = systemClock, signal: asked }: PlanOptions = {},
): Promise<readonly Planned<T>[]> {
  // Most often nothing is there, and ten thousand promises that say so take longer than the looks.
  const there = new Set(files.filter(({ path }) => !present.isAbsent(path)));
  const hashes = new HashPool({ workers: HashPool.workersFor([...there].map(({ size }) => size)) });
  try {
    const presences = new Map<T, Presence>();
    await mapConcurrent(
      [...there],
      concurrency,
      async (file, signal) => {
        presences.set(file, await present.presence(file, { hashes, digests, clock, signal }));
      },
      asked,
    );
    const planned = files.map((file) => ({ ...file, presence: presences.get(file) ?? ("absent" as const) }));
    if (!overwrite) refuseDifferent(planned, present);
    return planned;
  } finally {
    await hashes.close();
  }
}

/** Those that are still to come. */
export function missingOf<T extends WantedFile>(planned: readonly Planned<T>[]): readonly Planned<T>[] {
  return planned.filter(({ presence }) => presence !== "present");
}

function refuseDifferent(planned: readonly Planned[], { directory }: PresentFiles): void {
  const different = planned.filter(({ presence }) => presence === "different").map(({ path }) => path);
  if (different.length === 0) return;
  const shown = different.slice(0, 5).join(", ") + (different.length > 5 ? ` and ${different.length - 5} more` : "");
  throw new StoreError("ALREADY_EXISTS", `${directory} holds files with other content: ${shown}`);
}
