/** The promises of every store as a vitest suite, for people who write a target of their own. */
export type { OptionalInterface } from "./optional.ts";
export { type CaseKind, type OpenFixture, type TargetFixture, targetContract } from "./target-contract.ts";
