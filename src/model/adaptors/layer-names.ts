import type { Descriptor } from "../../oci/descriptor.ts";
import type { FileKind } from "../media-types.ts";
import type { ModelViewFile } from "../view.ts";

/** What the type of a layer says of a file that has no path: its name, and the extension that numbers go before. */
export interface LayerName {
  readonly stem: string;
  /** With its dot, or empty. */
  readonly extension: string;
  readonly kind: FileKind;
  readonly archive?: "tar";
}

/** A layer, and what it is called. */
export interface NamedLayer extends LayerName {
  readonly descriptor: Descriptor;
}

/**
 * Gives layers without paths names of their own: `model.gguf`, or `model-00001-of-00002.gguf` where there are several,
 * which is how loaders find the parts of one model.
 */
export function nameLayers(layers: readonly NamedLayer[]): readonly ModelViewFile[] {
  const totals = new Map<string, number>();
  const keyOf = ({ stem, extension }: LayerName) => `${stem}${extension}`;
  for (const layer of layers) totals.set(keyOf(layer), (totals.get(keyOf(layer)) ?? 0) + 1);
  const numbers = new Map<string, number>();
  return layers.map((layer): ModelViewFile => {
    const { stem, extension, kind, descriptor, archive } = layer;
    const number = (numbers.get(keyOf(layer)) ?? 0) + 1;
    numbers.set(keyOf(layer), number);
    const total = totals.get(keyOf(layer)) ?? 1;
    const part = total === 1 ? "" : `-${pad(number)}-of-${pad(total)}`;
    return { path: `${stem}${part}${extension}`, kind, descriptor, ...(archive ? { archive } : {}) };
  });
}

const pad = (number: number): string => String(number).padStart(5, "0");
