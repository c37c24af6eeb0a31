import { expect, test } from "vitest";
import { digestOf } from "../../base/digest.ts";
import { renderDecision } from "./decision.ts";
import { createPaint } from "./paint.ts";

const denied = (who: readonly string[] | undefined) =>
  renderDecision(
    {
      ...{ model: "risk", version: "v1", digest: digestOf("risk"), from: "production", to: "retired" },
      ...{ transition: "retire", policy: { name: "models", version: 1, digest: digestOf("policy") }, weakened: [] },
      allowed: false,
      gates: [
        {
          ...{ gate: "approvals", code: "MREG-E310", passed: false, reason: "0 of 1 (owner)", evidence: [] },
          ...(who ? { who: [...who] } : {}),
        },
      ],
      ...{ evidence: [], approvals: [], decidedAt: "2026-11-21T00:00:00Z" },
    },
    createPaint(false),
    "Nothing was written.",
  );

test.each([
  [["lea", "mike"], "who can   lea, mike"],
  [[], "who can   nobody in this policy"],
])("a denial says who can: %j", (who, line) => {
  expect(denied(who)).toContain(line);
});

test("what no person can do, nobody is named for", () => {
  expect(denied(undefined)).not.toContain("who can");
});
