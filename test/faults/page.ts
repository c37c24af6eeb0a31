import { type FaultCase, type FaultGroup, type Peer, peers } from "./fault-case.ts";

/** What a run has shown of a case. */
export interface Recorded {
  readonly outcome: string;
  readonly requests: number;
}

const peerNames = Object.keys(peers) as Peer[];

const introduction = `# Faults

What mreg does when a registry, the network or the machine fails, beside what other trusted clients do.

This page is generated from the fault suite by \`npm run faults:docs\`; \`npm test\` runs every case again and fails when an outcome differs from the one written here.

- **mreg** is how it ends: \`ok\`, or the code of the error; exit codes are in the README.
- **requests** is what the run behind this page counted, from the moment that everything was ready.
  Each case has a ceiling on requests in \`test/faults/catalog/\`, which a loop breaks; a hang breaks the limit of every test.
- After every case there is no partial file under a final name, and no password, token or signed query in any message, event or warning.
- The other columns are measurements of ${Object.values(peers).join(", ")}; an empty one was not measured, **bold** is what one would not expect.
- The suite's timeouts and delays are short; as it comes, mreg gives a silent registry 60 s and tries six times with 0.25 s to 8 s in between.
`;

/** The whole page; `recorded` has every case of the catalog. */
export function renderPage(catalog: readonly FaultGroup[], recorded: ReadonlyMap<string, Recorded>): string {
  const sections = catalog.map((group) => renderGroup(group, recorded));
  return [introduction, ...sections, renderGaps(catalog), renderAdvisories(catalog)].filter((text) => text).join("\n");
}

/** Reads the outcomes back from a page. */
export function recordedIn(page: string): ReadonlyMap<string, Recorded> {
  const rows = page.matchAll(/^\| `([a-z0-9-]+)` \| .*? \| `([^`]+)`[^|]* \| (\d+) \|/gm);
  return new Map([...rows].map(([, id = "", outcome = "", requests]) => [id, { outcome, requests: Number(requests) }]));
}

function renderGroup({ title, about, cases }: FaultGroup, recorded: ReadonlyMap<string, Recorded>): string {
  const isCompared = cases.some((fault) => fault.peers);
  const columns = ["case", "fault", "mreg", "requests", ...(isCompared ? peerNames : [])];
  const rows = cases.map((fault) => renderCase(fault, recorded.get(fault.id), isCompared));
  return [`## ${title}\n`, `${about}\n`, row(columns), row(columns.map(() => "---")), ...rows, ""].join("\n");
}

function renderCase(
  { id, title, how, peers: others }: FaultCase,
  recorded: Recorded | undefined,
  isCompared: boolean,
): string {
  if (!recorded) throw new Error(`no outcome of ${id} is recorded: run npm run faults:docs`);
  const mreg = `\`${recorded.outcome}\`${how ? `: ${how}` : ""}`;
  const cells = [`\`${id}\``, title, mreg, String(recorded.requests)];
  return row([...cells, ...(isCompared ? peerNames.map((peer) => others?.[peer] ?? "") : [])]);
}

function renderGaps(catalog: readonly FaultGroup[]): string {
  const gaps = catalog.flatMap(({ cases }) => cases).filter(({ gap }) => gap);
  if (gaps.length === 0) return "";
  const lines = gaps.map(({ id, expected, gap }) => `- \`${id}\` should end with \`${expected}\`: ${gap}.`);
  return ["## Known gaps\n", ...lines, ""].join("\n");
}

function renderAdvisories(catalog: readonly FaultGroup[]): string {
  const byName = new Map<string, string[]>();
  for (const { id, advisories = [] } of catalog.flatMap(({ cases }) => cases)) {
    for (const name of advisories) byName.set(name, [...(byName.get(name) ?? []), `\`${id}\``]);
  }
  const lines = [...byName].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, ids]) => row([name, ids.join(", ")]));
  const about = "Published holes of other clients, and the case that would have found each.\n";
  return ["## Advisories\n", about, row(["advisory", "cases"]), row(["---", "---"]), ...lines, ""].join("\n");
}

/** A line of a Markdown table. */
function row(cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
}
