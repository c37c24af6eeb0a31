import type { CallOptions } from "../oci/content.ts";
import type { Descriptor } from "../oci/descriptor.ts";
import { StoreError } from "../oci/errors.ts";
import { foldChain } from "./chain/fold.ts";
import { type ModelStore, readChain } from "./chain/read.ts";
import type { Policy } from "./policy/policy.ts";
import { stateOfVersion } from "./transition.ts";
import { taggedVersions } from "./version.ts";

/**
 * Answers `risk@production` from the verified chain: what production serves, or the newest version in another state.
 *
 * It says where the chain points, as `status` does; whether that was earned is what `verifyState` recomputes.
 *
 * @throws {@link StoreError} `NOT_FOUND` when no version is in that state, or the policy has no such state.
 * @throws {@link LifecycleError} `CHAIN_BROKEN`.
 */
export async function resolveAlias(
  store: ModelStore,
  policy: Policy,
  state: string,
  options: CallOptions = {},
): Promise<Descriptor> {
  if (!policy.states.has(state)) {
    const known = [...policy.states.keys()].join(", ");
    throw new StoreError("NOT_FOUND", `the policy has no state ${JSON.stringify(state)}, expected one of: ${known}`);
  }
  const model = foldChain(await readChain(store, policy, options));
  if (state === policy.liveState && model.champion) return store.resolve(model.champion.digest, options);
  const recorded = [...model.versions.values()].map(({ version, digest }) => ({ version, digest }));
  // Only in the initial state can a version be without a record.
  const tagged = state === policy.initialState ? await taggedVersions(store, options) : [];
  const candidates = [...recorded, ...tagged.filter(({ version }) => !model.versions.has(version))];
  const inState = candidates.filter(({ version }) => stateOfVersion(model, policy, version) === state);
  const newest = inState.sort((one, other) => one.version - other.version).at(-1);
  if (newest && state !== policy.liveState) return store.resolve(newest.digest, options);
  throw new StoreError("NOT_FOUND", `no version of ${store.name} is in ${state}`);
}
