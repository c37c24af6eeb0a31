import { type Command, InvalidArgumentError } from "commander";
import type { TransitionRequest } from "../../lifecycle/index.ts";
import { UsageError } from "../errors.ts";

/** Flags about why, for how long, and instead of what a version moves. */
export interface CircumstanceOptions {
  readonly breakGlass?: boolean;
  readonly followUp?: boolean;
  readonly reason?: string;
  readonly incident?: string;
  readonly expires?: string;
  readonly slot?: string;
  readonly weight?: number;
  readonly sunset?: string;
  readonly successor?: number;
}

/** Adds the flags of moves into service: slots and emergencies. */
export function addServingOptions(command: Command): Command {
  return command
    .option("--slot <name>", "slot of production, such as canary or green; main, for a version that has another")
    .option("--weight <percent>", "share of the traffic for the slot; 0 empties it", parsePercent)
    .option("--break-glass", "an emergency: skips the gates, for a while, with a second person's approval")
    .option("--follow-up", "record that an emergency move has now earned its place")
    .option("--incident <id>", "with --break-glass: of the emergency")
    .option("--expires <duration>", "with --break-glass: when it ends, such as 24h")
    .option("--reason <text>", "why");
}

/** The move that the flags ask for. The main slot has no name in records: going there is an `assign` without one. */
export function circumstancesOf(
  options: CircumstanceOptions,
): Pick<TransitionRequest, "circumstances" | "kind" | "sunset"> {
  const { breakGlass, expires, followUp, incident, reason, slot, successor, sunset, weight } = options;
  if (breakGlass && followUp) throw new UsageError("--break-glass and --follow-up exclude each other");
  const isIntoMain = slot === "main";
  if (isIntoMain && (breakGlass || followUp))
    throw new UsageError("--slot main and --break-glass or --follow-up exclude each other");
  const circumstances = {
    ...(reason === undefined ? {} : { reason }),
    ...(incident === undefined ? {} : { incident }),
    ...(expires === undefined ? {} : { expiresAt: expires }),
    ...(slot === undefined || isIntoMain ? {} : { slot }),
    ...(weight === undefined ? {} : { weight }),
    ...(successor === undefined ? {} : { successor }),
  };
  return {
    ...(breakGlass ? { kind: "break-glass" as const } : {}),
    ...(followUp ? { kind: "follow-up" as const } : {}),
    ...(isIntoMain ? { kind: "assign" as const } : {}),
    ...(sunset === undefined ? {} : { sunset }),
    ...(Object.keys(circumstances).length > 0 ? { circumstances } : {}),
  };
}

function parsePercent(text: string): number {
  const percent = Number(text);
  if (/^[0-9]{1,3}$/.test(text) && percent <= 100) return percent;
  throw new InvalidArgumentError("expected a whole number from 0 to 100");
}

/** Reads `v5` or `5` as a version's number. */
export function parseVersion(text: string): number {
  const found = /^v?([1-9][0-9]{0,14})$/.exec(text);
  if (found) return Number(found[1]);
  throw new InvalidArgumentError("expected a version such as v5");
}
