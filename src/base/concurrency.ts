/**
 * Runs `work` over `items`, at most `limit` at a time, and keeps the order of the results.
 *
 * The first failure stops new work from starting, aborts the signal handed to the running ones, and is thrown
 * after they have all ended, so that nothing runs on behind the caller's back.
 */
export async function mapConcurrent<In, Out>(
  items: readonly In[],
  limit: number,
  work: (item: In, signal: AbortSignal, index: number) => Promise<Out>,
  signal?: AbortSignal,
): Promise<Out[]> {
  const failure = new AbortController();
  const combined = signal ? AbortSignal.any([signal, failure.signal]) : failure.signal;
  const results = new Array<Out>(items.length);
  const errors: unknown[] = [];
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < items.length && !combined.aborted) {
      const index = next++;
      try {
        results[index] = await work(items[index] as In, combined, index);
      } catch (error) {
        errors.push(error);
        failure.abort(error);
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, lane));
  if (errors.length > 0) throw errors[0];
  signal?.throwIfAborted();
  return results;
}
