import type { Descriptor } from "../../oci/descriptor.ts";
import type { ImageManifest } from "../../oci/manifest.ts";
import { ModelError } from "../errors.ts";
import { fileKind } from "../kind.ts";
import type { ModelViewFile } from "../view.ts";
import { type LayerName, type NamedLayer, nameLayers } from "./layer-names.ts";

const layerPattern = /^application\/vnd\.ollama\.image\.([a-z]{1,20})$/;

/** Names by the last part of a layer's type. */
const names: Readonly<Record<string, LayerName>> = {
  model: { stem: "model", extension: ".gguf", kind: "weight" },
  adapter: { stem: "adapter", extension: ".gguf", kind: "weight" },
  projector: { stem: "mmproj", extension: ".gguf", kind: "weight" },
  draft: { stem: "draft", extension: ".gguf", kind: "weight" },
  embed: { stem: "embed", extension: ".bin", kind: "weight" },
  template: { stem: "template", extension: ".txt", kind: "weight.config" },
  system: { stem: "system", extension: ".txt", kind: "weight.config" },
  prompt: { stem: "prompt", extension: ".txt", kind: "weight.config" },
  params: { stem: "params", extension: ".json", kind: "weight.config" },
  messages: { stem: "messages", extension: ".json", kind: "weight.config" },
  license: { stem: "LICENSE", extension: "", kind: "doc" },
};

/** Whether a manifest is one of Ollama: an image's by its types, with layers of its own. */
export function isOllamaModel({ layers }: ImageManifest): boolean {
  return layers.some(({ mediaType }) => layerPattern.test(mediaType));
}

/**
 * The files of an Ollama model, under the names that llama.cpp and others know.
 *
 * @throws {@link ModelError} `CONFIG_INVALID` for models stored tensor by tensor, whose files nobody but Ollama
 * restores.
 */
export function ollamaFiles({ layers }: ImageManifest): readonly ModelViewFile[] {
  const types = layers.map((descriptor) => ({ descriptor, type: layerPattern.exec(descriptor.mediaType)?.[1] }));
  if (types.some(({ type }) => type === "tensor")) {
    throw new ModelError("CONFIG_INVALID", "the model is stored tensor by tensor, expected layers that are files");
  }
  const titled = types.flatMap(({ descriptor, type }): ModelViewFile[] => {
    const path = type === "json" ? nameOf(descriptor) : undefined;
    return path === undefined ? [] : [{ path, kind: fileKind(path), descriptor }];
  });
  const named = types.flatMap(({ descriptor, type = "" }): NamedLayer[] => {
    const name = names[type];
    return name ? [{ ...name, descriptor }] : [];
  });
  return [...titled, ...nameLayers(named)];
}

/** Ollama's own field of a descriptor. */
function nameOf(descriptor: Descriptor): string | undefined {
  const { name } = descriptor as { readonly name?: unknown };
  return typeof name === "string" && name !== "" ? name : undefined;
}
