import { expect, test } from "vitest";
import { rejectsWith } from "../../../test/support/expect.ts";
import { newCast, World } from "../../../test/support/lifecycle.ts";
import { Checkpoint, checkpointStatement, continues } from "./checkpoint.ts";
import { readChain } from "./read.ts";

test("checkpointStatement: names the head, and what continues it; another model, record or end does not", async () => {
  const world = new World(await newCast());
  const empty = await readChain(world.repository, world.policy);
  await rejectsWith((async () => checkpointStatement(empty, world.now))(), "CHAIN_BROKEN");
  const target = await world.release(1);
  const chain = await readChain(world.repository, world.policy);
  const checkpoint = Checkpoint.parse(checkpointStatement(chain, world.now).predicate);
  expect(checkpoint).toMatchObject({ seq: 2, serving: { version: "v1" }, model: "ml/risk" });
  await world.promote(target, "revoked", "lou", { kind: "revoke", circumstances: { reason: "stolen key" } });
  const grown = await readChain(world.repository, world.policy);
  expect([chain, grown].map((one) => continues(one, checkpoint))).toEqual([true, true]);
  expect(continues({ ...chain, model: "ml/other" }, checkpoint)).toBe(false);
  expect(continues({ ...chain, links: chain.links.slice(0, 1) }, checkpoint)).toBe(false);
  expect(continues({ ...chain, links: [...chain.links].reverse() }, checkpoint)).toBe(false);
});
