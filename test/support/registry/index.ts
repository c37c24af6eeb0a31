/** An OCI 1.1 registry in this process, with switches for everything that goes wrong. Test equipment, not a product. */
export type { Fault, FaultAction } from "./faults.ts";
export { moodUser, type RegistryMood, registryMoods } from "./moods.ts";
export { type OpenRemote, openRemote, timeoutsFor } from "./open-remote.ts";
export type { AuthOptions, RegistryOptions } from "./options.ts";
export type { RouteName } from "./routes.ts";
export { type RecordedRequest, type RunningRegistry, startRegistry } from "./server.ts";
