import { beforeAll, describe, test } from "vitest";
import { type Cast, newCast } from "../support/lifecycle.ts";
import { racePromoters, raceRegistrations, racetracks } from "../support/races.ts";

const rounds = 200;
/** Rounds on one model: each reads the whole history sixteen times, so that 200 on one would take hours. */
const roundsPerModel = 10;
const timeout = 1_800_000;

let cast: Cast;
beforeAll(async () => {
  cast = await newCast();
});

describe.each(racetracks)(`eight at once, ${rounds} rounds, on %s`, (_kind, place) => {
  test("one promoter wins each round, the others hear STATE_CONFLICT", { timeout }, async () => {
    const open = await place();
    for (let done = 0; done < rounds; done += roundsPerModel) {
      await racePromoters({ cast, rounds: roundsPerModel, open });
    }
  });

  test("no version number is given twice", { timeout }, async () => {
    await raceRegistrations({ rounds: rounds / 10, open: await place() });
  });
});
