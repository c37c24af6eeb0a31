import type { Comparison, Outcome } from "./compare.ts";
import { median, ratio } from "./statistics.ts";

/** A line of the table of goals. */
export interface Goal {
  readonly text: string;
  /** Counts bytes or memory, which do not depend on the machine: not met, it fails the run. */
  readonly isFirm?: boolean;
  judge(comparison: Comparison): Verdict;
}

export interface Verdict {
  /** Undefined when it could not be measured. */
  readonly met: boolean | undefined;
  readonly measured: string;
}

const unmeasured = (why: string): Verdict => ({ met: undefined, measured: `not measured: ${why}` });

/** mreg's time over another's, as the median of the rounds' ratios. */
export function timeOf(against: string, atMost: number, of = "mreg"): Goal {
  return {
    text: `${of === "mreg" ? "" : `${of}: `}≤ ${atMost} × ${against}`,
    judge: ({ outcomes }) => {
      const [own, other] = [find(outcomes, of), find(outcomes, against)];
      const measured = own && other && ratio(walls(own), walls(other));
      if (measured) return { met: measured.median <= atMost, measured: `${measured.median.toFixed(2)} ×` };
      return unmeasured(own?.failure ?? other?.failure ?? `${against} is missing`);
    },
  };
}

/** Holds when one of them does. */
export function either(...goals: readonly Goal[]): Goal {
  return {
    text: goals.map(({ text }) => text).join(", or "),
    judge: (comparison) => {
      const verdicts = goals.map((goal) => goal.judge(comparison));
      const met =
        verdicts.some((verdict) => verdict.met) || (verdicts.every((v) => v.met === undefined) ? undefined : false);
      return { met, measured: verdicts.map(({ measured }) => measured).join("; ") };
    },
  };
}

/** Median time of mreg, in seconds. */
export function secondsAtMost(limit: number): Goal {
  return own(`≤ ${limit} s`, (outcome) => {
    const seconds = median(walls(outcome));
    return { met: seconds <= limit, measured: `${seconds.toFixed(3)} s` };
  });
}

/** Bytes that came from the registry in mreg's counted run, as a share of the model's. */
export function receivedAtMost(share: number, text?: string): Goal {
  return {
    isFirm: true,
    text: text ?? `receives ≤ ${(share * 100).toFixed(0)} % of the bytes`,
    judge: ({ outcomes, payloadBytes }) => {
      const wire = find(outcomes, "mreg")?.wire;
      if (!wire) return unmeasured(find(outcomes, "mreg")?.failure ?? "no counted run");
      const received = wire.receivedBytes / payloadBytes;
      return { met: received <= share, measured: `${(received * 100).toFixed(1)} %` };
    },
  };
}

/** Bytes in both directions of mreg's counted run. */
export function movedAtMost(limitBytes: number, text: string): Goal {
  const goal = own(text, ({ wire, failure }) => {
    if (!wire) return unmeasured(failure ?? "no counted run");
    const moved = wire.sentBytes + wire.receivedBytes;
    return { met: moved <= limitBytes, measured: `${(moved / 1024).toFixed(0)} KiB` };
  });
  return { ...goal, isFirm: true };
}

function own(text: string, judge: (outcome: Outcome) => Verdict): Goal {
  return {
    text,
    judge: ({ outcomes }) => {
      const outcome = find(outcomes, "mreg");
      if (!outcome || outcome.samples.length === 0) return unmeasured(outcome?.failure ?? "mreg did not run");
      return judge(outcome);
    },
  };
}

function find(outcomes: readonly Outcome[], name: string): Outcome | undefined {
  return outcomes.find((outcome) => outcome.name === name);
}

/** Seconds of each round. */
export function walls({ samples }: Outcome): number[] {
  return samples.map(({ wallSeconds }) => wallSeconds);
}
