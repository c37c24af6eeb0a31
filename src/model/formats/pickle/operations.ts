import type { PickleOddity, PickleRun } from "./machine.ts";
import type { Operation } from "./reader.ts";
import { decodeInteger, decodeLong, decodeRawUnicode, decodeStringLiteral } from "./text.ts";
import { isObject, type PickleValue, type Sequence } from "./value.ts";

type Perform = (run: PickleRun, operation: Operation) => void;

const opaque = (what: string): PickleValue => ({ kind: "opaque", what });

const push =
  (make: (operation: Operation) => PickleValue): Perform =>
  ({ stack }, operation) =>
    stack.push(make(operation));

const text = (decode: (bytes: Buffer) => string | undefined) =>
  push(({ bytes }) => (bytes === undefined ? opaque("long text") : (decode(bytes) ?? opaque("malformed text"))));

/** Counted text, in one of the encodings of Node. */
const counted = (encoding: "latin1" | "utf8") =>
  push(({ source, start = 0, length }) =>
    source === undefined ? opaque("long text") : source.toString(encoding, start, start + length),
  );
const latin1 = (bytes: Buffer) => bytes.toString("latin1");
const utf8 = (bytes: Buffer) => bytes.toString("utf8");
const integer = push(({ bytes }) => (bytes && decodeInteger(latin1(bytes))) ?? opaque("integer"));
const number = push(({ value }) => value);
const long = push(({ source, start = 0, length }) =>
  source && length <= 16 ? decodeLong(source.subarray(start, start + length)) : opaque("integer"),
);
const byteString = push(() => opaque("bytes"));

/** Values, which do nothing. */
const values: Readonly<Record<string, Perform>> = {
  NONE: push(() => null),
  NEWTRUE: push(() => true),
  NEWFALSE: push(() => false),
  INT: integer,
  LONG: integer,
  BININT: number,
  BININT1: number,
  BININT2: number,
  LONG1: long,
  LONG4: long,
  FLOAT: push(() => opaque("float")),
  BINFLOAT: push(() => opaque("float")),
  STRING: text((bytes) => decodeStringLiteral(latin1(bytes))),
  UNICODE: text((bytes) => decodeRawUnicode(latin1(bytes))),
  BINSTRING: counted("latin1"),
  SHORT_BINSTRING: counted("latin1"),
  BINUNICODE: counted("utf8"),
  SHORT_BINUNICODE: counted("utf8"),
  BINUNICODE8: counted("utf8"),
  BINBYTES: byteString,
  SHORT_BINBYTES: byteString,
  BINBYTES8: byteString,
  BYTEARRAY8: byteString,
  NEXT_BUFFER: push(() => opaque("buffer")),
  READONLY_BUFFER: ({ stack }) => void stack.top(),
  FRAME: () => undefined,
};

const emptySequence = (kind: Sequence["kind"]) => push(() => ({ kind, items: [] }));

const tupleOf =
  (count: number): Perform =>
  ({ stack }) => {
    const items = Array.from({ length: count }, () => stack.pop()).reverse();
    pushSequence({ stack }, "tuple", items);
  };

const sequenceToMark =
  (kind: Sequence["kind"]): Perform =>
  ({ stack }) =>
    pushSequence({ stack }, kind, stack.popToMark());

function pushSequence(
  { stack }: Pick<PickleRun, "stack">,
  kind: Sequence["kind"],
  items: readonly PickleValue[],
): void {
  const sequence: Sequence = { kind, items: [] };
  stack.keep(sequence.items, items);
  stack.push(sequence);
}

function addItems({ stack }: PickleRun, items: readonly PickleValue[]): void {
  const target = stack.top();
  if (isObject(target) && "items" in target) stack.keep(target.items, items);
}

function setItems({ stack }: PickleRun, flat: readonly PickleValue[]): void {
  const target = stack.top();
  if (!isObject(target) || !("entries" in target)) return;
  const pairs: [PickleValue, PickleValue][] = [];
  for (let at = 0; at + 1 < flat.length; at += 2) pairs.push([flat[at] as PickleValue, flat[at + 1] as PickleValue]);
  stack.keep(target.entries, pairs);
}

const containers: Readonly<Record<string, Perform>> = {
  EMPTY_LIST: emptySequence("list"),
  EMPTY_TUPLE: emptySequence("tuple"),
  EMPTY_SET: emptySequence("set"),
  EMPTY_DICT: push(() => ({ kind: "dict", entries: [] })),
  LIST: sequenceToMark("list"),
  TUPLE: sequenceToMark("tuple"),
  FROZENSET: sequenceToMark("set"),
  TUPLE1: tupleOf(1),
  TUPLE2: tupleOf(2),
  TUPLE3: tupleOf(3),
  DICT: (run) => {
    const flat = run.stack.popToMark();
    run.stack.push({ kind: "dict", entries: [] });
    setItems(run, flat);
  },
  APPEND: (run) => addItems(run, [run.stack.pop()]),
  APPENDS: (run) => addItems(run, run.stack.popToMark()),
  ADDITEMS: (run) => addItems(run, run.stack.popToMark()),
  SETITEM: (run) => {
    const value = run.stack.pop();
    setItems(run, [run.stack.pop(), value]);
  },
  SETITEMS: (run) => setItems(run, run.stack.popToMark()),
};

function odd({ observer }: PickleRun, oddity: PickleOddity, { opcode, offset }: Operation): void {
  observer.oddity(oddity, { opcode: opcode.name, offset });
}

/** Pushes a global, telling the observer; two values that are no strings import what nobody can tell. */
function importGlobal(run: PickleRun, names: readonly (PickleValue | undefined)[], operation: Operation): PickleValue {
  const [module, name] = names;
  if (typeof module !== "string" || typeof name !== "string") {
    odd(run, "unresolved-global", operation);
    return opaque("global");
  }
  const global = { kind: "global", module, name } as const;
  run.stack.pin([module, name]);
  run.observer.global(global, { opcode: operation.opcode.name, offset: operation.offset });
  return global;
}

/** Pushes what a call returns. Calling anything but a global that was just named is how calls are hidden. */
function call(run: PickleRun, [callee, args]: readonly [PickleValue, PickleValue], operation: Operation): void {
  if (!isObject(callee) || callee.kind !== "global") odd(run, "call-of-value", operation);
  run.stack.push({ kind: "made", callee, args, entries: [] });
}

const lineNames = ({ bytes, second }: Operation) => [bytes && utf8(bytes), second && utf8(second)];

function argumentsToMark({ stack }: PickleRun): PickleValue[] {
  return stack.popToMark();
}

const objects: Readonly<Record<string, Perform>> = {
  GLOBAL: (run, operation) => run.stack.push(importGlobal(run, lineNames(operation), operation)),
  STACK_GLOBAL: (run, operation) => {
    const name = run.stack.pop();
    run.stack.push(importGlobal(run, [run.stack.pop(), name], operation));
  },
  INST: (run, operation) => {
    const args = argumentsToMark(run);
    call(run, [importGlobal(run, lineNames(operation), operation), { kind: "tuple", items: args }], operation);
  },
  OBJ: (run, operation) => {
    const [callee = null, ...args] = argumentsToMark(run);
    call(run, [callee, { kind: "tuple", items: args }], operation);
  },
  REDUCE: (run, operation) => {
    const args = run.stack.pop();
    call(run, [run.stack.pop(), args], operation);
  },
  NEWOBJ: (run, operation) => {
    const args = run.stack.pop();
    call(run, [run.stack.pop(), args], operation);
  },
  NEWOBJ_EX: (run, operation) => {
    run.stack.pop();
    const args = run.stack.pop();
    call(run, [run.stack.pop(), args], operation);
  },
  BUILD: (run, operation) => {
    const state = run.stack.pop();
    const target = run.stack.top();
    if (isObject(target) && target.kind === "made") target.state = state;
    // The attributes of a class or module would change for the whole process.
    else odd(run, "attributes-of-global", operation);
  },
  EXT1: extension,
  EXT2: extension,
  EXT4: extension,
  PERSID: push(({ bytes }) => ({ kind: "persistent", id: bytes ? latin1(bytes) : null })),
  BINPERSID: ({ stack, observer }) => {
    const id = stack.pop();
    observer.persistent?.(id);
    stack.push({ kind: "persistent", id });
  },
};

function extension(run: PickleRun, operation: Operation): void {
  odd(run, "extension", operation);
  run.stack.push(opaque("extension"));
}

function get(run: PickleRun, index: number | bigint | undefined, operation: Operation): void {
  const value = typeof index === "number" ? run.stack.get(index) : undefined;
  if (value === undefined) odd(run, "unknown-memo", operation);
  run.stack.push(value === undefined ? opaque("unknown") : value);
}

const lineIndex = ({ bytes }: Operation) => bytes && decodeInteger(latin1(bytes));

const memo: Readonly<Record<string, Perform>> = {
  MARK: ({ stack }) => stack.mark(),
  POP: ({ stack }) => stack.popValueOrMark(),
  POP_MARK: ({ stack }) => void stack.popToMark(),
  DUP: ({ stack }) => stack.push(stack.top()),
  MEMOIZE: ({ stack }) => stack.memoize(),
  PUT: (run, operation) => {
    const index = lineIndex(operation);
    if (typeof index === "number") run.stack.put(index);
    else odd(run, "unknown-memo", operation);
  },
  BINPUT: ({ stack }, { value }) => stack.put(value),
  LONG_BINPUT: ({ stack }, { value }) => stack.put(value),
  GET: (run, operation) => get(run, lineIndex(operation), operation),
  BINGET: (run, operation) => get(run, operation.value, operation),
  LONG_BINGET: (run, operation) => get(run, operation.value, operation),
};

/** What each opcode does to the stack; STOP and PROTO are the machine's. */
export const operations: Readonly<Record<string, Perform>> = { ...values, ...containers, ...objects, ...memo };
