import type { Clock } from "../../src/base/clock.ts";
import { digestOf } from "../../src/base/digest.ts";
import { predicateTypes } from "../../src/evidence/predicate-types.ts";
import {
  type ApproveRequest,
  approve,
  check,
  defaultPolicyYaml,
  type Policy,
  type PromoteRequest,
  parsePolicy,
  promote,
  registerVersion,
} from "../../src/lifecycle/index.ts";
import type { Registry, Repository } from "../../src/oci/content.ts";
import type { Descriptor } from "../../src/oci/descriptor.ts";
import { MemoryRegistry } from "../../src/stores/memory/index.ts";
import { makeStatement, type Signer, signPredicateType, signStatement } from "../../src/trust/index.ts";
import { pushArtifact, seededArtifact, seededBlob } from "./fixtures.ts";
import { newSigner } from "./trust.ts";

/** Keys of the cast. Alice has two; norman is in the policy without a role, mallory is not in it. */
export const castRoles = {
  alice: ["data-scientist"],
  alice2: ["lead"],
  ci: ["ci"],
  mike: ["mlops"],
  lea: ["lead"],
  lou: ["lead"],
  olga: ["owner"],
  norman: [],
  mallory: undefined,
} as const;
export type CastName = keyof typeof castRoles;
export type Cast = Readonly<Record<CastName, Signer>>;

/** Makes a key for everybody. */
export async function newCast(): Promise<Cast> {
  const names = Object.keys(castRoles) as CastName[];
  return Object.fromEntries(await Promise.all(names.map(async (name) => [name, await newSigner()]))) as Cast;
}

/** The default policy with the cast in it. */
export function castPolicyYaml(cast: Cast, soak = "0s"): string {
  const identities: Record<string, { publicKey: string; person?: string }> = {};
  const roles: Record<string, string[]> = {};
  for (const name of Object.keys(castRoles) as CastName[]) {
    const given: readonly string[] | undefined = castRoles[name];
    if (!given) continue;
    identities[name] = { publicKey: cast[name].publicKey.pem, ...(name === "alice2" ? { person: "alice" } : {}) };
    for (const role of given) roles[role] = [...(roles[role] ?? []), name];
  }
  return defaultPolicyYaml({ name: "models", identities, roles, soak });
}

const hex = (label: string): string => digestOf(label).slice("sha256:".length);
const file = (name: string) => ({ name, mediaType: "application/octet-stream", digest: { sha256: hex(name) } });

/** Predicates that pass, to be changed by the tests that want others. */
export const predicates = {
  signature: () => ({}),
  card: (fields: Record<string, unknown> = {}) => ({
    format: "hf-readme",
    card: file("README.md"),
    fields: { intendedUse: "ranking", limitations: "English", riskClass: "limited", license: "mit", ...fields },
    completeness: { missing: [] },
  }),
  lineage: (change: Record<string, unknown> = {}) => ({
    buildDefinition: {
      buildType: "https://mreg.dev/training/v1",
      externalParameters: {},
      resolvedDependencies: [
        { name: "code", uri: "git+https://git.example.com/risk", digest: { gitCommit: "8d".repeat(20) } },
        { name: "dataset:loans", digest: { sha256: hex("loans") } },
      ],
      ...change,
    },
    runDetails: {
      builder: { id: "https://train.example.com" },
      metadata: { invocationId: "run-1", finishedOn: "2026-11-01T00:00:00Z" },
    },
  }),
  eval: (value = "0.91", change: Record<string, unknown> = {}) => ({
    evaluatedAt: "2026-11-10T00:00:00Z",
    environment: "offline",
    origin: "executed",
    suite: { name: "core", version: "2026Q4" },
    results: [{ task: "loans", metric: "accuracy", value, higherIsBetter: true }],
    claims: [{ metric: "loans.accuracy", comparator: ">=", threshold: "0.88", passed: Number(value) >= 0.88 }],
    partial: false,
    harness: { name: "loan-eval", version: "2.3.0" },
    evidence: [],
    ...change,
  }),
  canary: (value = "0.91", change: Record<string, unknown> = {}) =>
    predicates.eval(value, { environment: "canary", ...change }),
  scan: (digests: readonly string[], change: Record<string, unknown> = {}) => ({
    result: "PASSED",
    configuration: [{ name: "mreg-format-scan" }],
    scannedFiles: digests.map((digest) => ({ path: "model.safetensors", digest: { sha256: digest.slice(7) } })),
    scannedAt: "2026-11-12T00:00:00Z",
    ...change,
  }),
  document: (role: string, references: readonly string[] = []) => ({
    role,
    document: file(`${role}.md`),
    references: [...references].sort(),
  }),
  consumers: (...names: string[]) => ({
    observedAt: "2026-11-19T00:00:00Z",
    consumers: names.map((name) => ({ name })),
  }),
} as const;

/** Predicate types by the names above. */
export const typeOf = {
  signature: signPredicateType,
  card: predicateTypes.card,
  lineage: predicateTypes.lineage,
  eval: predicateTypes.eval,
  canary: predicateTypes.eval,
  scan: predicateTypes.scan,
  document: predicateTypes.document,
  consumers: predicateTypes.consumers,
  approval: predicateTypes.approval,
  plan: predicateTypes["eval-plan"],
  monitoring: predicateTypes.monitoring,
  exception: predicateTypes.exception,
  vulns: predicateTypes.vulns,
} as const;

export interface WorldOptions {
  readonly registry?: Registry;
  readonly model?: string;
  readonly soak?: string;
  readonly cast?: Cast;
}

/** A model repository, a cast and a policy, with the whole way from push to production at hand. */
export class World {
  readonly cast: Cast;
  readonly yaml: string;
  readonly policy: Policy;
  readonly repository: Repository;
  now = new Date("2026-11-20T12:00:00.000Z");
  readonly clock: Clock = () => this.now;

  constructor(cast: Cast, { registry = new MemoryRegistry(), model = "ml/risk", soak = "0s" }: WorldOptions = {}) {
    this.cast = cast;
    this.yaml = castPolicyYaml(cast, soak);
    this.policy = parsePolicy(this.yaml);
    this.repository = registry.repository(model);
  }

  /** Lets time pass. */
  pass(minutes: number): void {
    this.now = new Date(this.now.getTime() + minutes * 60_000);
  }

  /** Pushes and registers a model with one file of weights; the seed decides its content. */
  async push(seed: number): Promise<Descriptor> {
    const target = await pushArtifact(this.repository, modelArtifact(seed));
    await registerVersion(this.repository, target);
    return target;
  }

  /** Signs a statement about a model and attaches it. */
  state(target: Descriptor, predicateType: string, predicate: object, by: CastName = "alice"): Promise<Descriptor> {
    const statement = makeStatement({
      subject: target,
      name: this.repository.name,
      predicateType,
      predicate: predicate as Record<string, unknown>,
    });
    return signStatement(this.repository, target, statement, { signer: this.cast[by], clock: this.clock });
  }

  /** Attaches all that staging takes. */
  async prepareStaging(target: Descriptor, value = "0.91"): Promise<void> {
    await this.state(target, typeOf.signature, predicates.signature());
    await this.state(target, typeOf.card, predicates.card());
    await this.state(target, typeOf.lineage, predicates.lineage());
    await this.state(target, typeOf.eval, predicates.eval(value));
    await this.state(target, typeOf.scan, predicates.scan(await this.weights(target)));
  }

  /** Attaches what production takes beyond that; approval by lea. */
  async prepareProduction(target: Descriptor, references: readonly string[] = []): Promise<void> {
    await this.state(target, typeOf.canary, predicates.canary());
    await this.state(target, typeOf.document, predicates.document("runbook"));
    await this.state(target, typeOf.document, predicates.document("rollback-plan", references));
    await this.approve(target, "production");
  }

  /** Takes a model all the way; gives its manifest. */
  async release(seed: number, references: readonly string[] = []): Promise<Descriptor> {
    const target = await this.push(seed);
    await this.prepareStaging(target);
    await this.promote(target, "staging");
    await this.prepareProduction(target, references);
    await this.promote(target, "production");
    return target;
  }

  check(target: Descriptor, to: string, by?: CastName) {
    const actor = by && this.cast[by].publicKey.identity;
    return check(this.repository, { ...this.request(target, to), ...(actor ? { actor } : {}) });
  }

  approve(target: Descriptor, to: string, by: CastName = "lea", options: Partial<ApproveRequest> = {}) {
    return approve(this.repository, { ...this.request(target, to), signer: this.cast[by], ...options });
  }

  promote(target: Descriptor, to: string, by: CastName = "mike", options: Partial<PromoteRequest> = {}) {
    return promote(this.repository, { ...this.request(target, to), signer: this.cast[by], ...options });
  }

  request(target: Descriptor, to: string) {
    return { policy: this.policy, target, to, clock: this.clock };
  }

  async weights(target: Descriptor): Promise<string[]> {
    const { readModel } = await import("../../src/model/read.ts");
    const view = await readModel(this.repository, target);
    return view.files.map(({ descriptor }) => descriptor.digest);
  }
}

/** A plain artifact with one titled file of weights and an owner. */
export function modelArtifact(seed: number) {
  const blob = seededBlob(seed);
  const descriptor = { ...blob.descriptor, annotations: { "org.opencontainers.image.title": "model.safetensors" } };
  return seededArtifact(seed, {
    artifactType: "application/vnd.test.model.v1",
    annotations: { "dev.mreg.owner": "risk-team" },
    layers: [{ ...blob, descriptor }],
  });
}
