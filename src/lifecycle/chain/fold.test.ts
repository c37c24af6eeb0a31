import { describe, expect, test } from "vitest";
import { digestOf } from "../../base/digest.ts";
import { type ChainLink, Fold } from "./fold.ts";

/** A link with what the fold looks at. */
function link(version: number, to: string, recordedAt: string, sunset?: string): ChainLink {
  const record = { to, recordedAt, ...(sunset ? { sunset: { expiresAt: sunset } } : {}) };
  return { version, subject: digestOf(`v${version}`), record } as ChainLink;
}

function folded(...links: readonly ChainLink[]): Fold {
  const fold = new Fold("production");
  for (const one of links) fold.apply(one);
  return fold;
}

describe("Fold", () => {
  test("Fold: the newest entry into the live state is the champion; each counts as a rollout", () => {
    const fold = folded(link(1, "production", "1"), link(2, "production", "2"), link(1, "production", "3"));
    expect(fold.champion).toMatchObject({ sequence: 3, version: 1 });
    expect(fold.rollouts.map(({ version }) => version)).toEqual([1, 2, 1]);
    expect(fold.versions.get(2)).toMatchObject({ state: "production", since: "2" });
  });

  test("Fold: production serves nothing once its champion has left, and another version's leaving changes nothing", () => {
    const two = [link(1, "production", "1"), link(2, "production", "2")];
    expect(folded(...two, link(2, "retired", "3")).champion).toBeUndefined();
    expect(folded(...two, link(1, "retired", "3")).champion).toMatchObject({ version: 2 });
  });

  test("Fold: remembers when each state was entered last, and the sunset beyond retirement", () => {
    const fold = folded(
      ...[link(1, "staging", "1"), link(1, "production", "2"), link(1, "staging", "3")],
      ...[link(1, "retired", "4", "9"), link(1, "archived", "10")],
    );
    const version = fold.versions.get(1);
    expect(Object.fromEntries(version?.entered ?? [])).toEqual({
      ...{ staging: "3", production: "2", retired: "4", archived: "10" },
    });
    expect(version?.sunset).toBe("9");
  });
});
