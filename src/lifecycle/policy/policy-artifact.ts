import { collect, decodeUtf8 } from "../../base/bytes.ts";
import type { CallOptions, ReadOnlyTarget, Target } from "../../oci/content.ts";
import { type Descriptor, describe } from "../../oci/descriptor.ts";
import { fetchImageManifest } from "../../oci/fetch-manifest.ts";
import { annotationKeys } from "../../oci/media-types.ts";
import { emptyJson, manifestSource, packManifest } from "../../oci/pack.ts";
import { bytesSource } from "../../oci/source.ts";
import { LifecycleError } from "../errors.ts";
import { policyBaseLimit, policyLimitBytes } from "../limits.ts";

/** Artifact type of a policy in a registry. */
export const policyArtifactType = "application/vnd.mreg.policy.v1+yaml";
const policyMediaType = "application/vnd.mreg.policy.v1+yaml";
const baseMediaType = "application/vnd.mreg.policy.base.v1+yaml";

/** A policy as it lies in a registry: its text, and those of the policies it extends, nearest first. */
export interface PolicyArtifact {
  readonly yaml: string;
  readonly bases: readonly string[];
}

/**
 * Pushes a policy, together with its bases, so that one digest names all that it says.
 *
 * Equal texts have equal digests; pushing them twice is harmless.
 *
 * @returns the manifest; `--policy name@sha256:…` takes it.
 */
export async function pushPolicy(
  store: Target,
  { yaml, bases }: PolicyArtifact,
  options?: CallOptions,
): Promise<Descriptor> {
  const layers = [
    layer(policyMediaType, "mreg.policy.yaml", yaml),
    ...bases.map((base, at) =>
      layer(baseMediaType, at === 0 ? "base.policy.yaml" : `base-${at + 1}.policy.yaml`, base),
    ),
  ];
  const manifest = packManifest({
    artifactType: policyArtifactType,
    layers: layers.map(({ descriptor }) => descriptor),
  });
  for (const blob of [emptyJson, ...layers]) await store.push(blob, options);
  await store.push(manifestSource(manifest), options);
  return manifest.descriptor;
}

function layer(mediaType: string, title: string, text: string) {
  const bytes = Buffer.from(text);
  return bytesSource({ ...describe(mediaType, bytes), annotations: { [annotationKeys.title]: title } }, bytes);
}

/**
 * Fetches a policy by the descriptor of its manifest.
 *
 * @throws {@link LifecycleError} `POLICY_INVALID` when the manifest is no policy, or a longer one than is read.
 */
export async function fetchPolicy(
  store: ReadOnlyTarget,
  target: Descriptor,
  options?: CallOptions,
): Promise<PolicyArtifact> {
  const { value } = await fetchImageManifest(store, target, options);
  const policies = value.layers.filter(({ mediaType }) => mediaType === policyMediaType);
  const bases = value.layers.filter(({ mediaType }) => mediaType === baseMediaType);
  const [policy] = policies;
  if (value.artifactType !== policyArtifactType || !policy || policies.length > 1) {
    throw invalid(target, `is ${value.artifactType ?? "something without a type"}, expected one ${policyArtifactType}`);
  }
  if (bases.length > policyBaseLimit) {
    throw invalid(target, `extends ${bases.length} policies, expected at most ${policyBaseLimit}`);
  }
  const texts: string[] = [];
  for (const layer of [policy, ...bases]) texts.push(await readLayer(store, target, layer, options));
  const [yaml = "", ...others] = texts;
  return { yaml, bases: others };
}

async function readLayer(
  store: ReadOnlyTarget,
  target: Descriptor,
  descriptor: Descriptor,
  options?: CallOptions,
): Promise<string> {
  if (descriptor.size > policyLimitBytes) {
    throw invalid(target, `has ${descriptor.size} bytes, expected at most ${policyLimitBytes}`);
  }
  return decodeUtf8(await collect(store.fetch(descriptor, options), policyLimitBytes));
}

function invalid({ digest }: Descriptor, reason: string): LifecycleError {
  return new LifecycleError("POLICY_INVALID", `policy ${digest} ${reason}`);
}
