import type { Descriptor } from "../../oci/descriptor.ts";
import { StoreError } from "../../oci/errors.ts";
import type { Chain } from "../chain/fold.ts";
import type { ChainOptions } from "../chain/heads.ts";
import { type ModelStore, readChain } from "../chain/read.ts";
import { stateOfVersion } from "../moves/transition.ts";
import type { Policy } from "../policy/policy.ts";
import { taggedVersions } from "../versions/version.ts";

/**
 * Answers `risk@production` from the verified chain: what production serves, or the newest version in another state;
 * `production/canary` is what that slot of production serves.
 *
 * It says where the chain points, as `status` does; whether that was earned is what `verifyState` recomputes.
 *
 * @throws {@link StoreError} `NOT_FOUND` when no version is in that state, or the policy has no such state.
 * @throws {@link LifecycleError} `CHAIN_BROKEN`.
 */
export async function resolveAlias(
  store: ModelStore,
  policy: Policy,
  alias: string,
  options: ChainOptions = {},
): Promise<Descriptor> {
  checkState(policy, stateOfAlias(alias));
  return resolveInChain(store, await readChain(store, policy, options), alias, options);
}

/** The state in an alias, which may name a slot of it: `production` in `production/canary`. */
export function stateOfAlias(alias: string): string {
  return alias.split("/")[0] ?? alias;
}

/** Like {@link resolveAlias}, by a chain that was read already. */
export async function resolveInChain(
  store: ModelStore,
  { policy, state: model }: Chain,
  alias: string,
  options: ChainOptions,
): Promise<Descriptor> {
  const [state = alias, slot] = alias.split("/");
  checkState(policy, state);
  const served = slot === undefined ? model.champion : model.slots?.get(slot);
  if (slot !== undefined || state === policy.liveState) {
    if (served && state === policy.liveState) return store.resolve(served.digest, options);
    const slots = [...(model.slots?.keys() ?? [])].join(", ") || "none";
    const what = slot === undefined ? `no version of ${store.name} is in ${state}` : `${state} has no slot ${slot}`;
    throw new StoreError("NOT_FOUND", `${what}; other slots of ${policy.liveState}: ${slots}`);
  }
  const recorded = [...model.versions.values()].map(({ version, digest }) => ({ version, digest }));
  // Only in the initial state can a version be without a record.
  const tagged = state === policy.initialState ? await taggedVersions(store, options) : [];
  const candidates = [...recorded, ...tagged.filter(({ version }) => !model.versions.has(version))];
  const inState = candidates.filter(({ version }) => stateOfVersion(model, policy, version) === state);
  const newest = inState.sort((one, other) => one.version - other.version).at(-1);
  if (newest) return store.resolve(newest.digest, options);
  throw new StoreError("NOT_FOUND", `no version of ${store.name} is in ${state}`);
}

function checkState(policy: Policy, state: string): void {
  if (policy.states.has(state)) return;
  const known = [...policy.states.keys()].join(", ");
  throw new StoreError("NOT_FOUND", `the policy has no state ${JSON.stringify(state)}, expected one of: ${known}`);
}
