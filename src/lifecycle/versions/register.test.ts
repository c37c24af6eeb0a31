import { expect, it } from "vitest";
import { listOf } from "../../../test/support/expect.ts";
import { pushArtifact, seededArtifact } from "../../../test/support/fixtures.ts";
import { overwriting, type TagStep } from "../../../test/support/overwriting.ts";
import type { Repository } from "../../oci/content.ts";
import { MemoryRegistry } from "../../stores/memory/index.ts";
import { type Registration, registerVersion } from "./register.ts";

/** The repository, with something done right before a call of it, counted from 0. */
function before(at: number, repository: Repository, work: () => Promise<unknown>) {
  let calls = 0;
  const turn = async () => {
    if (calls++ === at) await work();
  };
  const store = new Proxy(repository, {
    get(target, name) {
      const member = Reflect.get(target, name) as unknown;
      if (typeof member !== "function") return member;
      if (name === "tags") {
        return async function* (...args: Parameters<Repository["tags"]>) {
          await turn();
          yield* target.tags(...args);
        };
      }
      return async (...args: unknown[]) => {
        await turn();
        return Reflect.apply(member, target, args) as unknown;
      };
    },
  });
  return { store, calls: () => calls };
}

async function situation() {
  const repository = new MemoryRegistry().repository("risk");
  const [mine, other] = [seededArtifact(1), seededArtifact(2)];
  return { repository, mine: await pushArtifact(repository, mine), other: await pushArtifact(repository, other) };
}

it("registerVersion: content that somebody else registers meanwhile gets one number, whenever that happens", async () => {
  for (let at = 0; ; at++) {
    const { repository, mine } = await situation();
    const { store, calls } = before(at, repository, () => registerVersion(repository, mine));
    expect(await registerVersion(store, mine), `before call ${at}`).toMatchObject({ version: 1, tag: "v1" });
    expect(await listOf(repository.tags())).toEqual(["v1", "v1-experimental"]);
    if (calls() <= at) return expect(at).toBeGreaterThan(3);
  }
});

it("registerVersion: goes on to the next number when other content takes one meanwhile, whenever that happens", async () => {
  for (let at = 0; ; at++) {
    const { repository, mine, other } = await situation();
    const { store, calls } = before(at, repository, () => registerVersion(repository, other));
    const { version } = await registerVersion(store, mine);
    expect((await repository.resolve(`v${version}`)).digest).toBe(mine.digest);
    if (calls() <= at) return expect(at).toBeGreaterThan(3);
  }
});

for (const stalled of ["writes v1", "has written v1", "writes v1-experimental", "has written v1-experimental"]) {
  it(`registerVersion: one that ${stalled} when another, who came as early, is through gets another number`, async () => {
    const { repository, mine, other } = await situation();
    let others: Registration | undefined;
    const at = async ({ kind, tag }: TagStep) => {
      if (`${kind} ${tag}` === stalled && !others) {
        others = await registerVersion(overwriting(repository, { seesNone: true }), other, { version: 1 });
      }
    };
    expect(await registerVersion(overwriting(repository, { at }), mine)).toMatchObject({ version: 2 });
    expect(others).toMatchObject({ version: 1 });
    for (const [tag, { digest }] of [
      ["v1", other],
      ["v1-experimental", other],
      ["v2", mine],
    ] as const) {
      expect((await repository.resolve(tag)).digest, tag).toBe(digest);
    }
  });
}
