import { expect, test } from "vitest";
import { rejectsWith } from "../../../test/support/expect.ts";
import { newCast, World } from "../../../test/support/lifecycle.ts";
import { readChain } from "../chain/read.ts";
import { endedDelegations } from "./handover.ts";
import { levelPolicyYaml, type PolicyLevel } from "./levels.ts";
import { parsePolicy } from "./parse.ts";
import type { Delegation } from "./schema.ts";

test("handover: what was moved by whoever may no longer, stays valid; what they move from now on is not", async () => {
  const cast = await newCast();
  const world = new World(cast);
  const names = ["alice", "mike", "lea"] as const;
  const people = {
    identities: Object.fromEntries(names.map((name) => [name, { publicKey: cast[name].publicKey.pem }])),
    roles: { "data-scientist": ["alice"], mlops: ["mike"], lead: ["lea"] },
  };
  const level = (number: PolicyLevel, delegations: readonly Delegation[] = []) =>
    parsePolicy(levelPolicyYaml({ level: number, name: "models", version: number + 1, ...people, delegations }));
  const target = await world.push(1);
  const [zero, one] = [level(0), level(1)];
  await world.promote(target, "staging", "alice", { policy: zero });
  const error = await rejectsWith(readChain(world.repository, one), "CHAIN_BROKEN");
  expect(error.message).toMatch(
    /alice \(data-scientist\) signed it, expected ci or mlops; if that was so at 2026-11-20T12/,
  );

  world.pass(1);
  const ended = endedDelegations(zero, one, world.now);
  expect(ended).toContainEqual({
    ...{ from: "mike", to: "alice", role: "mlops", until: world.now.toISOString(), ticket: "history" },
  });
  const next = level(1, ended);
  expect((await readChain(world.repository, next)).links).toHaveLength(1);
  world.pass(1);
  const late = await rejectsWith(world.promote(target, "production", "alice", { policy: next }), "GATE_DENIED");
  expect(late.message).toContain("MREG-E301 authorize: alice is data-scientist, expected ci or mlops");
  expect(endedDelegations(one, level(2), world.now)).toEqual([]);
});
