import { describe, expect, it } from "vitest";
import { mergeScopes, repositoryScope } from "./scope.ts";

describe("mergeScopes", () => {
  for (const [scopes, expected] of [
    [["repository:a:push,pull", "repository:a:pull"], ["repository:a:pull,push"]],
    [
      ["repository:a:pull", "repository:b:pull"],
      ["repository:a:pull", "repository:b:pull"],
    ],
    [
      ["repository:b:pull", "repository:a:pull"],
      ["repository:b:pull", "repository:a:pull"],
    ],
    [["repository:a:*", "repository:a:pull"], ["repository:a:*"]],
    [["repository:h:5000/a:pull", "repository:h:5000/a:push"], ["repository:h:5000/a:pull,push"]],
    [["registry:catalog:*"], ["registry:catalog:*"]],
    [["aws"], ["aws"]],
    [[], []],
  ] as const) {
    it(`${JSON.stringify(scopes)} becomes ${JSON.stringify(expected)}`, () => {
      expect(mergeScopes(scopes)).toEqual(expected);
    });
  }

  it("makes the scope of a repository", () => {
    expect(repositoryScope("ml/risk", "pull", "push")).toBe("repository:ml/risk:pull,push");
  });
});
