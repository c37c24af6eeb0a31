import type { Descriptor } from "../../oci/descriptor.ts";
import type { ImageManifest } from "../../oci/manifest.ts";
import { fileKind } from "../kind.ts";
import { layerAnnotationKeys } from "../media-types.ts";
import type { ModelViewFile } from "../view.ts";
import { type LayerName, type NamedLayer, nameLayers } from "./layer-names.ts";

const configPattern = /^application\/vnd\.docker\.ai\.model\.config\.v0\.[12]\+json$/;
const prefix = "application/vnd.docker.ai.";

/** Names by the last part of a layer's type, for layers without a path. */
const names: Readonly<Record<string, LayerName>> = {
  "gguf.v3": { stem: "model", extension: ".gguf", kind: "weight" },
  "gguf.v3.lora": { stem: "adapter", extension: ".gguf", kind: "weight" },
  "gguf.v3.mmproj": { stem: "mmproj", extension: ".gguf", kind: "weight" },
  mmproj: { stem: "mmproj", extension: ".gguf", kind: "weight" },
  safetensors: { stem: "model", extension: ".safetensors", kind: "weight" },
  dduf: { stem: "model", extension: ".dduf", kind: "weight" },
  license: { stem: "LICENSE", extension: "", kind: "doc" },
  "chat.template.jinja": { stem: "chat_template", extension: ".jinja", kind: "weight.config" },
  "model.file": { stem: "file", extension: "", kind: "weight" },
  "vllm.config.tar": { stem: "vllm-config", extension: ".tar", kind: "weight.config", archive: "tar" },
  "dir.tar": { stem: "directory", extension: ".tar", kind: "weight", archive: "tar" },
};

/** Whether a manifest is one that Docker Model Runner has written. Its newer ones are ModelPack. */
export function isDockerModel({ config }: ImageManifest): boolean {
  return configPattern.test(config.mediaType);
}

/**
 * The files of a model of Docker Model Runner: by their paths since version 0.2 of its config, by their types before.
 */
export function dockerModelFiles({ layers }: ImageManifest): readonly ModelViewFile[] {
  const withPath = layers.flatMap((descriptor): ModelViewFile[] => {
    const path = pathOf(descriptor);
    const archive = nameOf(descriptor)?.archive;
    if (path === undefined) return [];
    return [{ path, kind: fileKind(path), descriptor, ...(archive ? { archive } : {}) }];
  });
  const without = layers.flatMap((descriptor): NamedLayer[] => {
    const name = nameOf(descriptor);
    return name && pathOf(descriptor) === undefined ? [{ ...name, descriptor }] : [];
  });
  return [...withPath, ...nameLayers(without)];
}

function nameOf({ mediaType }: Descriptor): LayerName | undefined {
  return mediaType.startsWith(prefix) ? names[mediaType.slice(prefix.length)] : undefined;
}

function pathOf({ annotations }: Descriptor): string | undefined {
  return annotations?.[layerAnnotationKeys.filepath] || undefined;
}
