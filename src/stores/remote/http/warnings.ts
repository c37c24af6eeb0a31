import { shown } from "./refusal.ts";
import type { HttpResponse } from "./response.ts";

/** Different warnings passed on per registry; a registry that invents one per answer would flood the user. */
const warningLimit = 20;

/**
 * Passes on the warnings of a registry, each text once.
 *
 * @see {@link https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#warnings}
 */
export class WarningCollector {
  readonly #seen = new Set<string>();
  readonly #listener: ((text: string) => void) | undefined;

  constructor(listener?: (text: string) => void) {
    this.#listener = listener;
  }

  collect(response: HttpResponse): void {
    if (!this.#listener) return;
    for (const line of response.headerLines("warning")) {
      // The specification allows this one form; others are HTTP's own and about caches.
      const text = /^299 - "((?:[^"\\]|\\.)*)"/.exec(line)?.[1]?.replace(/\\(.)/g, "$1");
      if (!text || this.#seen.has(text) || this.#seen.size >= warningLimit) continue;
      this.#seen.add(text);
      this.#listener(shown(text, []));
    }
  }
}
