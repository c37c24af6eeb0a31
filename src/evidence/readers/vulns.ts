import { z } from "zod";
import { schemaProblems } from "../../base/schema-problems.ts";
import { EvidenceError } from "../errors.ts";
import { fileReference } from "../evidence-file.ts";
import type { EvidenceInput } from "../evidence-input.ts";
import { vulnerabilityLimit } from "../limits.ts";
import { ForeignTimestamp } from "../predicates/resource.ts";
import type { Vulnerabilities } from "../predicates/vulns.ts";
import { type JsonObject, readJsonObject } from "./json-file.ts";
import { observedAt } from "./observed-at.ts";
import type { ReadFiles, Reading } from "./reading.ts";

type Finding = Vulnerabilities["scanner"]["result"][number];

interface Report {
  readonly uri: string;
  readonly version?: string | undefined;
  readonly lastUpdate?: string | undefined;
  readonly time?: string | undefined;
  readonly findings: readonly Finding[];
}

const Text = z.string().min(1).max(500);

const Trivy = z.looseObject({
  SchemaVersion: z.literal(2),
  CreatedAt: z.string().optional(),
  Trivy: z.looseObject({ Version: Text.optional() }).optional(),
  Results: z
    .array(
      z.looseObject({
        Target: z.string(),
        Vulnerabilities: z
          .array(
            z.looseObject({
              ...{ VulnerabilityID: Text, PkgName: Text, InstalledVersion: z.string().optional(), Severity: Text },
              FixedVersion: z.string().optional(),
            }),
          )
          .optional(),
      }),
    )
    .optional(),
});

const Grype = z.looseObject({
  matches: z.array(
    z.looseObject({
      vulnerability: z.looseObject({ id: Text, severity: Text }),
      artifact: z.looseObject({ name: Text, version: z.string().optional() }),
    }),
  ),
  descriptor: z.looseObject({
    name: z.literal("grype"),
    version: Text.optional(),
    timestamp: z.string().optional(),
    db: z.looseObject({ built: z.string().optional() }).optional(),
  }),
});

/**
 * Reads the JSON report of Trivy or Grype about known vulnerabilities, or the in-toto predicate as it is.
 *
 * @throws {@link EvidenceError} `FORMAT_UNKNOWN`, `EVIDENCE_INVALID`, `EVIDENCE_INCOMPLETE` for a report without a
 * time.
 */
export function readVulnerabilities(files: ReadFiles, input: Omit<EvidenceInput, "files">): Reading {
  const [file] = files;
  const value = readJsonObject(file);
  const evidence = files.map(fileReference);
  if ("scanner" in value && "metadata" in value) return { predicate: { ...value, evidence } };
  const { uri, version, lastUpdate, time, findings } = reportOf(value, file.path);
  if (findings.length > vulnerabilityLimit) {
    const message = `it lists ${findings.length} vulnerabilities, expected at most ${vulnerabilityLimit}`;
    throw new EvidenceError("EVIDENCE_INVALID", message, { file: file.path });
  }
  const finishedOn = observedAt(time, { now: input.now, file: file.path, given: input.observedAt });
  const scanner: Vulnerabilities["scanner"] = {
    uri,
    ...(version === undefined ? {} : { version }),
    ...(ForeignTimestamp.safeParse(lastUpdate).success ? { db: { lastUpdate: lastUpdate as string } } : {}),
    result: [...findings],
  };
  return { predicate: { scanner, metadata: { scanStartedOn: finishedOn, scanFinishedOn: finishedOn }, evidence } };
}

function reportOf(value: JsonObject, file: string): Report {
  try {
    if ("SchemaVersion" in value) return trivy(Trivy.parse(value));
    if ("matches" in value && "descriptor" in value) return grype(Grype.parse(value));
  } catch (cause) {
    if (!(cause instanceof z.ZodError)) throw cause;
    throw new EvidenceError("EVIDENCE_INVALID", `it is no whole report of a scanner: ${schemaProblems(cause)}`, {
      file,
      cause,
    });
  }
  const keys = Object.keys(value).slice(0, 8).join(", ") || "none";
  throw new EvidenceError("FORMAT_UNKNOWN", `its keys are ${keys}; expected the JSON report of Trivy or Grype`, {
    file,
  });
}

function trivy({ CreatedAt: time, Trivy: program, Results = [] }: z.infer<typeof Trivy>): Report {
  const findings = Results.flatMap(({ Vulnerabilities: found = [] }) =>
    found.map(({ VulnerabilityID: id, Severity, PkgName, InstalledVersion, FixedVersion }) =>
      findingOf(id, ["trivy", Severity], { package: PkgName, installed: InstalledVersion, fixed: FixedVersion }),
    ),
  );
  return { uri: "https://github.com/aquasecurity/trivy", version: program?.Version, time: utcTime(time), findings };
}

function grype({ matches, descriptor: { version, timestamp, db } }: z.infer<typeof Grype>): Report {
  const findings = matches.map(({ vulnerability: { id, severity }, artifact }) =>
    findingOf(id, ["grype", severity], { package: artifact.name, installed: artifact.version }),
  );
  const time = utcTime(timestamp);
  return { uri: "https://github.com/anchore/grype", version, lastUpdate: utcTime(db?.built), time, findings };
}

function findingOf(
  id: string,
  [method, score]: readonly [string, string],
  about: Record<string, string | undefined>,
): Finding {
  const annotations = Object.fromEntries(
    Object.entries(about).filter((entry): entry is [string, string] => !!entry[1]),
  );
  return { id, severity: [{ method, score }], annotations: [annotations] };
}

/** Go writes nanoseconds and local offsets; both are RFC 3339, and statements have milliseconds in UTC. */
function utcTime(text: string | undefined): string | undefined {
  if (text === undefined || !/^\d{4}-\d\d-\d\dT[\d:.]{8,20}(?:Z|[+-]\d\d:\d\d)$/.test(text)) return undefined;
  const time = new Date(text.replace(/(\.\d{3})\d+/, "$1"));
  return Number.isNaN(time.getTime()) ? undefined : time.toISOString();
}
