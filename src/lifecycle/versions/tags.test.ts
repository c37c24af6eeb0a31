import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isTag } from "../../oci/reference.ts";
import { logTag, parseLifecycleTag, parseVersionTag, rolloutTag, stateTag, versionTag } from "./tags.ts";

const version = fc.integer({ min: 1, max: 999_999_999 });
const sequence = fc.integer({ min: 1, max: 999_999 });
const state = fc.stringMatching(/^[a-z]{1,32}$/);

describe("tags", () => {
  test("tags: what is written is a tag and is read back as it was", () => {
    fc.assert(
      fc.property(version, sequence, state, (number, at, name) => {
        for (const [tag, parsed] of [
          [versionTag(number), { kind: "version", version: number }],
          [stateTag(number, name), { kind: "state", version: number, state: name }],
          [rolloutTag(name, at), { kind: "rollout", state: name, sequence: at }],
          [logTag(at), { kind: "log", sequence: at }],
        ] as const) {
          expect(isTag(tag)).toBe(true);
          expect(parseLifecycleTag(tag)).toEqual(parsed);
        }
      }),
    );
  });

  test.each([
    "v0",
    "v04",
    "v",
    "V4",
    "v4.0",
    "v4-",
    "v4-Staging",
    "v4-stag-ing",
    "v4-r000001",
    "v4-rc1",
    "v1234567890123456",
    "production-r12",
    "production-r0000012",
    "production-r000000",
    "mreg-log-000000",
    "mreg-log-17",
    "mreg-log-000017x",
    "sha256-ab",
    "latest",
    "v4\n",
  ])("tags: %j is nobody's", (tag) => {
    expect(parseLifecycleTag(tag)).toBeUndefined();
    expect(parseVersionTag(tag)).toBeUndefined();
  });

  test("tags: a state tag is no version tag", () => {
    expect(parseVersionTag("v4")).toBe(4);
    expect(parseVersionTag("v4-staging")).toBeUndefined();
  });

  test.each([
    () => versionTag(0),
    () => versionTag(1.5),
    () => versionTag(1e15),
    () => stateTag(1, "in-between"),
    () => rolloutTag("production", 1_000_000),
    () => logTag(0),
  ])("tags: refuses what would not be read back (%#)", (write) => {
    expect(write).toThrow(RangeError);
  });
});
