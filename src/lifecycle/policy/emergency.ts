/** The break-glass of the default policy and of the levels that have one, as entries of `transitions`. */
export const emergencyYaml = `  # An emergency: two people, a reason, an incident, an end. Until the follow-up nothing else enters production.
  - from: [experimental, staging]
    to: production
    kind: break-glass
    requires: [signature]
    authorize: {roles: [mlops, lead]}
    approvals: {count: 1, roles: [lead, owner], distinctFrom: [requester], maxAge: 24h}
    maxDuration: 7d
    followUpWithin: 72h
  - from: production
    to: production
    kind: follow-up
    requires: [signature, owner, card, lineage, eval, scan, runbook]
    authorize: {roles: [lead, owner]}
`;
