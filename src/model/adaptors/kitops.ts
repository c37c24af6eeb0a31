import type { JsonValue } from "../../base/json.ts";
import type { Descriptor } from "../../oci/descriptor.ts";
import type { ImageManifest } from "../../oci/manifest.ts";
import { annotationKeys } from "../../oci/media-types.ts";
import { ModelError } from "../errors.ts";
import { fileKind } from "../kind.ts";
import type { FileKind, LayerEncoding } from "../media-types.ts";
import type { ModelViewFile } from "../view.ts";
import { isObject, textOf } from "./config-json.ts";

const kinds: Readonly<Record<string, FileKind>> = {
  model: "weight",
  modelpart: "weight",
  dataset: "dataset",
  code: "code",
  docs: "doc",
};

const layerPattern = /^application\/vnd\.kitops\.modelkit\.([a-z]{1,20})\.v1\.(raw|tar|tar\+gzip|tar\+zstd)$/;
const typePattern = /^application\/vnd\.kitops\.modelkit\.(?:manifest|config)\.v1\+json$/;

/** Whether a manifest is a ModelKit: by its artifact type since KitOps 1.10, by its config before. */
export function isModelKit({ artifactType, config }: ImageManifest): boolean {
  return typePattern.test(artifactType ?? "") || typePattern.test(config.mediaType);
}

/**
 * The files of a ModelKit: an archive per entry of its Kitfile, with the paths inside, or a raw file by the entry's
 * path.
 *
 * @param kitfile - the config: the Kitfile as JSON, whose entries have the digests of their layers.
 * @throws {@link ModelError} `CONFIG_INVALID` for a raw layer without a path.
 */
export function kitFiles({ layers }: ImageManifest, kitfile: JsonValue): readonly ModelViewFile[] {
  const paths = pathsOf(kitfile);
  return layers.flatMap((descriptor): ModelViewFile[] => {
    const [, section = "", encoding] = layerPattern.exec(descriptor.mediaType) ?? [];
    if (encoding === undefined) return [];
    const kind = kinds[section] ?? "code";
    if (encoding !== "raw") {
      return [{ path: descriptor.digest, kind, descriptor, archive: encoding as Exclude<LayerEncoding, "raw"> }];
    }
    const path = rawPath(descriptor, paths);
    return [{ path, kind: section in kinds ? kind : fileKind(path), descriptor }];
  });
}

function rawPath({ annotations, digest }: Descriptor, paths: ReadonlyMap<string, string>): string {
  const path = annotations?.[annotationKeys.title] ?? paths.get(digest);
  if (path) return path.replace(/^(?:\.\/)+/, "");
  throw new ModelError("CONFIG_INVALID", `layer ${digest} has no path in the Kitfile, expected one for a raw layer`);
}

/** Paths of entries by the digest of their layer; the sections differ, their entries do not. */
function pathsOf(kitfile: JsonValue): ReadonlyMap<string, string> {
  const paths = new Map<string, string>();
  const entries: JsonValue[] = isObject(kitfile) ? Object.values(kitfile).flat() : [];
  for (const entry of entries) {
    if (!isObject(entry)) continue;
    const parts = Array.isArray(entry["parts"]) ? entry["parts"].filter(isObject) : [];
    for (const each of [entry, ...parts]) {
      const [digest, path] = [textOf(each["digest"]), textOf(each["path"])];
      if (digest && path) paths.set(digest, path);
    }
  }
  return paths;
}
