import type { AheadPusher, RangeReceiver, Repository, Stager } from "../oci/content.ts";
import type { DefineCase, Stage, TargetFixture } from "./target-contract.ts";

/** Interfaces that a repository need not have, each by its one method. */
export type OptionalInterface = "receive" | "pushAhead" | "stage";
export const optionalInterfaces: readonly OptionalInterface[] = ["receive", "pushAhead", "stage"];

type Optional = RangeReceiver & AheadPusher & Stager;

/** A stage whose repository has an optional interface. */
interface OfferingStage<Name extends OptionalInterface> extends Stage {
  readonly repository: Repository & Pick<Optional, Name>;
}

/** Registers one case for repositories that have the interface. */
export type DefineOffered<Name extends OptionalInterface> = (
  name: string,
  run: (stage: OfferingStage<Name>) => Promise<void>,
) => void;

/**
 * Registers cases only where the interface is offered: they are left out where the fixture says that it is not, and
 * skipped with that reason where the fixture says nothing and the repository has it not.
 */
export function whereOffered<Name extends OptionalInterface>(
  offered: Name,
  define: DefineCase,
  { offers }: TargetFixture,
): DefineOffered<Name> {
  if (offers && !offers.includes(offered)) return () => {};
  return (name, run) =>
    define(name, (stage) => {
      if (!(offered in stage.repository)) stage.skip(`repositories have no ${offered}()`);
      return run(stage as OfferingStage<Name>);
    });
}
