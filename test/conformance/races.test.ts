import { beforeAll, describe, test } from "vitest";
import { type Cast, newCast } from "../support/lifecycle.ts";
import { racePromoters, raceRegistrations, racetracks } from "../support/races.ts";

/** A few rounds here; `npm run test:endurance` has 200, and `npm run test:peers` real registries. */
const rounds = 2;
const timeout = 120_000;

let cast: Cast;
beforeAll(async () => {
  cast = await newCast();
});

describe.each(racetracks)("eight at once, on %s", (_kind, place) => {
  test("one promoter wins each round, the others hear STATE_CONFLICT", { timeout }, async () => {
    await racePromoters({ cast, rounds, open: await place() });
  });

  test("no version number is given twice", { timeout }, async () => {
    await raceRegistrations({ rounds, open: await place() });
  });
});
