/** What is known about the tiny model: the files that the quickstart and the tests attach, by name. */

interface Run {
  readonly environment: string;
  readonly suite: string;
  readonly value: string;
  readonly n: number;
}

const evaluation = ({ environment, suite, value, n }: Run, evaluatedAt: string) => ({
  evaluatedAt,
  environment,
  origin: "executed",
  suite: { name: suite, version: "2026Q4" },
  results: [
    { task: "loans", metric: "accuracy", value, stderr: "0.0081", n, higherIsBetter: true },
    { task: "loans", metric: "latency_p95_ms", value: "41.2", n, higherIsBetter: false },
  ],
  claims: [
    { metric: "loans.accuracy", comparator: ">=", threshold: "0.88", passed: true },
    { metric: "loans.latency_p95_ms", comparator: "<=", threshold: "100", passed: true },
  ],
  partial: false,
  harness: { name: "loan-eval", version: "2.3.0" },
});

const lineage = `run: train-2026-10-17
started: 2026-10-17T06:00:00Z
finished: 2026-10-17T09:41:00Z
code:
  repo: https://git.example.com/risk/train
  commit: 8d5f1a7c0e3b4f6a9d2c1b0e7f8a6d5c4b3a2910
datasets:
  - name: loan-applications
    uri: https://data.example.com/loan-applications
    version: "2026-10-01"
    digest: sha256:5d41402abc4b2a76b9719d911017c592aee2f0b2d7e1f4a0c3b5e6d7f8091a2b
base_model: example/tiny-bert
hyperparameters:
  learning_rate: "2e-5"
  epochs: 3
environment:
  python: 3.12.4
`;

const runbook = `# Runbook: risk

On call: risk-team, pager 17.
If p95 latency is above 100 ms for ten minutes, or the error rate above 1 %, roll back first and look later.
`;

const rollback = `# Rollback plan: risk

There is no earlier version in production.
Until there is one, rolling back means routing all applications to a human reviewer.
`;

const drift = {
  producer: "drift-job",
  metrics: [{ name: "psi.income", value: 0.08, threshold: 0.2, comparator: "<=", category: "drift" }],
};

const json = (value: unknown): string => `${JSON.stringify(value, undefined, 2)}\n`;

/** @param now - the evaluations claim to have run an hour before, since a policy may not count old ones. */
export function evidenceFiles(now: Date): Readonly<Record<string, string>> {
  const ran = new Date(now.getTime() - 3_600_000).toISOString();
  const offline: Run = { environment: "offline", suite: "loans-core", value: "0.9104", n: 1200 };
  const canary: Run = { environment: "canary", suite: "loans-live", value: "0.9071", n: 4800 };
  return {
    "lineage.yaml": lineage,
    "eval.json": json(evaluation(offline, ran)),
    "canary.json": json(evaluation(canary, ran)),
    "runbook.md": runbook,
    "rollback.md": rollback,
    "drift.json": json(drift),
    "metrics.csv": "AUC,latency_ms,samples\n0.9482,41.2,1200\n",
  };
}
