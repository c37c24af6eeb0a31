import { unsafe } from "../../weights/tensor.ts";
import type { ByteCursor } from "../byte-cursor.ts";
import { skipJoblibArray } from "./joblib.ts";
import { operations } from "./operations.ts";
import { readOperation } from "./reader.ts";
import { PickleStack } from "./stack.ts";
import type { Global, PickleValue } from "./value.ts";

/** Where something was seen. */
export interface PicklePlace {
  readonly opcode: string;
  /** From the start of the content, in bytes. */
  readonly offset: number;
}

/** What no serializer writes, and what nobody can judge. */
export type PickleOddity =
  | "unresolved-global"
  | "extension"
  | "attributes-of-global"
  | "call-of-value"
  | "unknown-memo"
  | "misplaced-protocol";

/** Is told what a pickle would do, in the order in which it would. */
export interface PickleObserver {
  /** A function or class is imported. */
  global(global: Global, place: PicklePlace): void;
  oddity(oddity: PickleOddity, place: PicklePlace): void;
  /** An object is kept elsewhere, under this name. */
  persistent?(id: PickleValue): void;
}

/** A pickle that was walked through. */
export interface PickleEnd {
  /** What it would make. */
  readonly value: PickleValue;
  /** Whether containers in `value` have fewer items than the pickle gives them. */
  readonly elided: boolean;
}

/** What operations work upon. */
export interface PickleRun {
  readonly stack: PickleStack;
  readonly observer: PickleObserver;
}

export interface PickleOptions {
  /** The most items that are kept of one container; all, as far as memory goes, when absent. */
  readonly itemLimit?: number;
  /** Memory for what is kept, in bytes, roughly. */
  readonly retainedLimit?: number;
  /** How many pickles this one is within, itself included. */
  readonly depth?: number;
}

/** Pickles inside joblib arrays of objects inside pickles, and so on. */
const nestingLimit = 16;

/**
 * Walks through one pickle, from where the cursor stands to its STOP, on a stack of symbols: nothing is imported,
 * called or built.
 *
 * Time is proportional to the length; memory is bounded by the limits of the stack and the memo.
 *
 * @throws {@link ModelError} `UNSAFE_FORMAT` where an unpickler would fail, or a limit is reached. The observer has
 * been told by then of everything that an unpickler would have done before.
 */
export async function walkPickle(
  cursor: ByteCursor,
  observer: PickleObserver,
  options: PickleOptions = {},
): Promise<PickleEnd> {
  const { depth = 1, itemLimit = Number.POSITIVE_INFINITY } = options;
  if (depth > nestingLimit) throw unsafe(`nests pickles deeper than ${nestingLimit}`);
  const run: PickleRun = { stack: new PickleStack(itemLimit, options.retainedLimit), observer };
  const start = cursor.position;
  for (;;) {
    const next = readOperation(cursor);
    // Waiting takes longer than most operations.
    const operation = next instanceof Promise ? await next : next;
    const { name } = operation.opcode;
    if (name === "STOP") return { value: run.stack.pop(), elided: run.stack.elided };
    if (name === "PROTO") checkProtocol(run, { value: operation.value, offset: operation.offset, start });
    else operations[name]?.(run, operation);
    if (name === "BUILD")
      await skipJoblibArray(cursor, run.stack.top(), () =>
        walkPickle(cursor, observer, { ...options, depth: depth + 1 }),
      );
  }
}

interface ProtocolPlace {
  readonly value: number;
  readonly offset: number;
  readonly start: number;
}

/** Serializers write PROTO once, first. Unpicklers refuse versions that they do not know. */
function checkProtocol({ observer }: PickleRun, { value, offset, start }: ProtocolPlace): void {
  if (value > 5) throw unsafe(`is of protocol ${value}, expected 0 to 5`);
  if (offset !== start) observer.oddity("misplaced-protocol", { opcode: "PROTO", offset });
}
