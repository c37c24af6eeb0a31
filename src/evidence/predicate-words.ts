/** Words that predicates and policies share, apart from the predicates' schemas: a policy is read without those. */

/** Of `EvalEnvironment`. */
export const evalEnvironments = ["offline", "shadow", "canary"] as const;

/** Of `MonitoringCategory`. */
export const monitoringCategories = ["drift", "data-quality", "performance", "fairness", "operation"] as const;

/** Of `DocumentRole`. */
export const documentRoles = [
  "runbook",
  "rollback-plan",
  "migration-path",
  "monitoring-plan",
  "risk-assessment",
  "data-sheet",
  "declaration-of-conformity",
  "incident-report",
] as const;

/** The fields of a model card: `CardFields` has exactly these, or does not compile. */
export const cardFields = [
  "intendedUse",
  "outOfScope",
  "limitations",
  "riskClass",
  "license",
  "owners",
  "trainingData",
  "evaluation",
  "ethics",
  "users",
  "languages",
  "baseModel",
] as const;
