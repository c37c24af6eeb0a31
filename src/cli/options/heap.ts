import { setFlagsFromString } from "node:v8";

/**
 * Keeps V8 from making room before it has collected what is garbage, from here on. A space for new objects that has
 * grown does not shrink again: so this comes before the policy's modules are loaded.
 */
export function keepNewSpaceSmall(): void {
  setFlagsFromString("--semi-space-growth-factor=1");
}

/**
 * Keeps the heap tight while a history is read, and after: it leaves a lot of garbage and little else, and V8 would let
 * ten thousand records take 390 MiB before it looks. It costs a fifth more time.
 */
export function keepHeapTight(): void {
  keepNewSpaceSmall();
  setFlagsFromString("--heap-growing-percent=20");
}
