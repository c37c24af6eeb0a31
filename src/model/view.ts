import type { Descriptor } from "../oci/descriptor.ts";
import type { Manifest } from "../oci/manifest.ts";
import type { FileKind, LayerEncoding } from "./media-types.ts";
import type { ModelPackConfig } from "./modelpack-config.ts";

/** One layer of a model in a registry. */
export interface ModelViewFile {
  /** Where it belongs; checked by whoever writes it, see {@link pathProblem}. For an archive, its name. */
  readonly path: string;
  readonly kind: FileKind;
  readonly descriptor: Descriptor;
  /** How the layer holds many files; absent when it is one file. */
  readonly archive?: Exclude<LayerEncoding, "raw">;
}

/**
 * Whose way of packing it is: ModelPack of any writer, KitOps, Docker Model Runner before it moved to ModelPack,
 * Ollama, or (`oras`) layers that have titles and nothing more.
 */
export type ModelFormat = "modelpack" | "kitops" | "docker" | "ollama" | "oras";

/** A model as a manifest in a registry describes it. Everything here was written by whoever pushed it. */
export interface ModelView {
  readonly manifest: Manifest & { readonly kind: "image" };
  /** In the manifest's order. */
  readonly files: readonly ModelViewFile[];
  readonly config?: ModelPackConfig;
  readonly format: ModelFormat;
  readonly annotations: Readonly<Record<string, string>>;
}
