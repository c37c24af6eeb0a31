import { randomBytes } from "node:crypto";
import { afterEach, beforeEach, describe, it } from "vitest";
import type { Digest } from "../base/digest.ts";
import type { Registry, Repository } from "../oci/content.ts";
import { abortCases } from "./cases/abort.ts";
import { aheadCases } from "./cases/ahead.ts";
import { blobCases } from "./cases/blobs.ts";
import { deleteCases } from "./cases/deletion.ts";
import { manifestCases } from "./cases/manifests.ts";
import { referrerCases } from "./cases/referrers.ts";
import { registryCases } from "./cases/registry.ts";
import { stagingCases } from "./cases/staging.ts";
import { tagCases } from "./cases/tags.ts";
import type { OptionalInterface } from "./optional.ts";

/** A way to get a registry that the contract may fill. */
export interface TargetFixture {
  readonly name: string;
  /** Opens a registry for one test. It may hold other repositories; the tests use fresh names. */
  open(): Promise<OpenFixture>;
  /** Of several concurrent `tag(…, { once: true })` exactly one wins; otherwise the tag only ends up consistent. */
  readonly atomicOnce: boolean;
  /** The registry takes content under sha512 digests. Default false: those cases are left out. */
  readonly sha512?: boolean;
  /** `repositories()` works; otherwise it must say UNSUPPORTED. Default true. */
  readonly catalog?: boolean;
  /**
   * The optional interfaces that repositories have, by their methods: these and no others. Cases of the others are left
   * out. Default: whatever is there is tested, and cases of what is not are skipped.
   */
  readonly offers?: readonly OptionalInterface[];
  /** The kinds of cases to run. Default: all of them. */
  readonly only?: readonly CaseKind[];
  /** Names of cases that are known to fail here, with the reason. A gap that closes turns the run red. */
  readonly gaps?: Readonly<Record<string, string>>;
  /** Names of cases that pass or fail by chance here, through no fault of ours: skipped with the reason. */
  readonly unreliable?: Readonly<Record<string, string>>;
}

export interface OpenFixture {
  readonly registry: Registry;
  close(): Promise<void>;
  /** Changes a byte of stored content without changing its length. */
  readonly corrupt?: (repository: string, digest: Digest) => Promise<void>;
}

/** What one case gets to work with. */
export interface Stage {
  readonly registry: Registry;
  /** A repository nobody has written to. */
  readonly repository: Repository;
  readonly corrupt: OpenFixture["corrupt"];
  /** A repository name nobody has used. */
  readonly freshName: () => string;
  /** Ends a case that has nothing to test here, and says why. */
  readonly skip: (reason: string) => never;
}

/** Registers one case; failures are expected where the fixture lists its name as a gap. */
export type DefineCase = (name: string, run: (stage: Stage) => Promise<void>) => void;

const caseKinds = {
  blobs: blobCases,
  ahead: aheadCases,
  staging: stagingCases,
  manifests: manifestCases,
  tags: tagCases,
  referrers: referrerCases,
  deletion: deleteCases,
  registry: registryCases,
  abort: abortCases,
} as const;

export type CaseKind = keyof typeof caseKinds;

/** Every promise that the interfaces of `src/oci/content.ts` make, checked against one kind of registry. */
export function targetContract(fixture: TargetFixture): void {
  describe(`target contract: ${fixture.name}`, () => {
    let opened: OpenFixture | undefined;
    beforeEach(async () => {
      opened = await fixture.open();
    });
    afterEach(async () => {
      await opened?.registry.close();
      await opened?.close();
      opened = undefined;
    });
    const define: DefineCase = (name, run) => {
      const unreliable = fixture.unreliable?.[name];
      if (unreliable !== undefined) {
        it(name, (context) => context.skip(`${fixture.name}: ${unreliable}`));
        return;
      }
      const register = fixture.gaps?.[name] === undefined ? it : it.fails;
      register(name, (context) => {
        const skip = (reason: string) => context.skip(`${fixture.name}: ${reason}`);
        return run({ ...stageOf(opened as OpenFixture), skip });
      });
    };
    const kinds = fixture.only ?? (Object.keys(caseKinds) as CaseKind[]);
    for (const kind of kinds) caseKinds[kind](define, fixture);
  });
}

function stageOf({ registry, corrupt }: OpenFixture): Omit<Stage, "skip"> {
  const freshName = () => `contract/t-${randomBytes(6).toString("hex")}`;
  return { registry, repository: registry.repository(freshName()), corrupt, freshName };
}
