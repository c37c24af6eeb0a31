/**
 * What a pickle would make, as far as it can be told without making it. Nothing of it was imported, called or built.
 */
export type PickleValue = string | number | bigint | boolean | null | PickleObject;

export type PickleObject = Global | Sequence | Dictionary | Made | Persistent | Opaque;

/** A function or class that the pickle names. */
export interface Global {
  readonly kind: "global";
  readonly module: string;
  readonly name: string;
}

export interface Sequence {
  readonly kind: "list" | "tuple" | "set";
  readonly items: PickleValue[];
}

export interface Dictionary {
  readonly kind: "dict";
  readonly entries: [key: PickleValue, value: PickleValue][];
}

/** What a call returns, or the instance of a class. */
export interface Made {
  readonly kind: "made";
  readonly callee: PickleValue;
  readonly args: PickleValue;
  state?: PickleValue;
  /** Items that were put into it, for subclasses of `dict` such as `OrderedDict`. */
  readonly entries: [key: PickleValue, value: PickleValue][];
}

/** An object that the program keeps elsewhere; PyTorch's storages. */
export interface Persistent {
  readonly kind: "persistent";
  readonly id: PickleValue;
}

/** A value of which only its type is kept. */
export interface Opaque {
  readonly kind: "opaque";
  readonly what: string;
}

/** `module.name` of a global; undefined for every other value. */
export function globalName(value: PickleValue | undefined): string | undefined {
  return isObject(value) && value.kind === "global" ? `${value.module}.${value.name}` : undefined;
}

export function isObject(value: PickleValue | undefined): value is PickleObject {
  return typeof value === "object" && value !== null;
}

/** The items of a tuple or list; none for every other value. */
export function itemsOf(value: PickleValue | undefined): readonly PickleValue[] {
  return isObject(value) && (value.kind === "tuple" || value.kind === "list") ? value.items : [];
}

/** The entries of a dictionary, or of an instance of a subclass of it. */
export function entriesOf(value: PickleValue | undefined): readonly (readonly [PickleValue, PickleValue])[] {
  return isObject(value) && (value.kind === "dict" || value.kind === "made") ? value.entries : [];
}

/** The entry of a dictionary under a string. */
export function entryOf(value: PickleValue | undefined, key: string): PickleValue | undefined {
  return entriesOf(value).findLast(([name]) => name === key)?.[1];
}
