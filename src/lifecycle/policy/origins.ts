import { fieldOfPart } from "../gates/parts.ts";
import type { ExplainedDemand, ExplainedMove } from "./explain.ts";
import { isSameMove, single } from "./tighten/overlay.ts";
import { readYaml } from "./yaml.ts";

/** Parsed YAML: maps, lists and scalars. */
type Map = Readonly<Record<string, unknown>>;

/** One of the texts that a policy consists of. */
interface Level {
  /** `company@4`. */
  readonly name: string;
  readonly raw: Map;
}

/**
 * Adds to each demand which policy it comes from: the one that first asks for it, then those above that say more about
 * it. Nothing is added to a policy that stands alone.
 *
 * @param texts - the policy's own, then those it extends, nearest first; all were read without a problem.
 */
export function withOrigins(moves: readonly ExplainedMove[], texts: readonly string[]): readonly ExplainedMove[] {
  if (texts.length < 2) return moves;
  // From the ground up: what is below was asked for first.
  const levels = texts.map(readLevel).reverse();
  return moves.map((move) => ({
    ...move,
    demands: move.demands.map((demand) => ({ ...demand, origin: namesOf(demandingLevels(levels, move, demand)) })),
    approvals: move.approvals.map((approval) => ({
      ...approval,
      origin: namesOf(levels.filter((level) => says(moveIn(level, move), approval.tier ? "tiers" : "approvals"))),
    })),
  }));
}

function readLevel(text: string): Level {
  const raw = asMap(readYaml(text));
  const { name, version } = asMap(raw["metadata"]);
  return { name: `${String(name)}@${String(version)}`, raw };
}

function demandingLevels(levels: readonly Level[], move: ExplainedMove, { gate }: ExplainedDemand): readonly Level[] {
  const [root = gate, part] = gate.split(".");
  if (root === "soak") return levels.filter((level) => says(moveIn(level, move), part ? "tiers" : "soak"));
  if (gate === "witnesses") return levels.filter(({ raw }) => says(raw, "witnesses"));
  const field = part === undefined ? undefined : fieldOfPart(part);
  const speaks = (level: Level): boolean => {
    const rule = asMap(asMap(level.raw["evidence"])[root]);
    return field === undefined ? Object.keys(rule).length > 0 : says(rule, field);
  };
  const asks = levels.findIndex((level) => requires(moveIn(level, move), root));
  const shapes = levels.findIndex(speaks);
  // Whoever asked for an evaluation before anybody spoke of slices, did not ask for slices.
  return levels.filter((level, at) => speaks(level) || (at === asks && (part === undefined || at > shapes)));
}

/** What a level says of a move itself. */
function moveIn({ raw }: Level, move: ExplainedMove): Map {
  const all = Array.isArray(raw["transitions"]) ? raw["transitions"].flatMap(single) : [];
  return asMap(all.find((one) => isSameMove(one, move)));
}

function requires(move: Map, gate: string): boolean {
  const tiers: readonly unknown[] = Array.isArray(move["tiers"]) ? move["tiers"] : [];
  return [move, ...tiers].some((one) => {
    const names = asMap(one)["requires"];
    return Array.isArray(names) && names.includes(gate);
  });
}

function says(map: Map, field: string): boolean {
  return Object.hasOwn(map, field);
}

function namesOf(levels: readonly Level[]): readonly string[] {
  return levels.map(({ name }) => name);
}

function asMap(value: unknown): Map {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Map) : {};
}
