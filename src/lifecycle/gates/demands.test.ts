import { describe, expect, test } from "vitest";
import {
  all,
  atTop,
  type Case,
  cardOf,
  edit,
  inCard,
  inLineage,
  inMove,
  lineageOf,
  outcome,
} from "../../../test/support/policy-edits.ts";
import { put } from "../../../test/support/situation.ts";

const otherCases: readonly Case[] = [
  ["an allowed licence, in other letters", inCard("licenses: [MIT, Apache-2.0]"), []],
  ["another licence", all(inCard("licenses: [MIT]"), cardOf({ license: "gpl-3.0" })), ["card.license MREG-E111"]],
  [
    "no licence",
    all(inCard("licenses: [MIT]"), cardOf({ license: undefined })),
    ["card MREG-E105", "card.license MREG-E111"],
  ],
  ["a known risk class", inCard("riskClasses: [limited, high]"), []],
  [
    "an invented risk class",
    all(inCard("riskClasses: [limited, high]"), cardOf({ riskClass: "none" })),
    ["card.risk-class MREG-E112"],
  ],

  ["data under an allowed licence", all(inLineage("licenses: [cc-by-4.0]"), lineageOf({ license: "CC-BY-4.0" })), []],
  [
    "one data set under another licence",
    all(inLineage("licenses: [cc-by-4.0]"), lineageOf({ license: "CC-BY-4.0" }, { license: "cc-by-nc-4.0" })),
    ["lineage.license MREG-E111"],
  ],
  ["data under no licence", inLineage("licenses: [cc-by-4.0]"), ["lineage.license MREG-E111"]],
  ["personal data declared", all(inLineage("personalData: declared"), lineageOf({ containsPII: true })), []],
  [
    "personal data not declared for one set",
    all(inLineage("personalData: declared"), lineageOf({ containsPII: true }, { containsPII: "no" })),
    ["lineage.personal-data MREG-E113"],
  ],
  ["no personal data", all(inLineage("personalData: none"), lineageOf({ containsPII: false })), []],
  [
    "personal data where there must be none",
    all(inLineage("personalData: none"), lineageOf({ containsPII: true })),
    ["lineage.personal-data MREG-E113"],
  ],

  [
    "a condition that holds",
    inCard("conditions: [{cel: 'p.fields.limitations.matches(\"^E\")', message: limits are in English}]"),
    [],
  ],
  [
    "a condition that does not hold",
    inCard('conditions: [{cel: "size(p.fields.owners) > 1", message: has two owners}]'),
    ["card.conditions MREG-E251"],
  ],
  [
    "a condition that is false",
    inCard("conditions: [{cel: \"p.fields.license == 'bsd'\", message: is free}]"),
    ["card.conditions MREG-E250"],
  ],
  [
    "a condition whose result is no bool",
    inCard('conditions: [{cel: "p.fields.license", message: has a licence}]'),
    ["card.conditions MREG-E251"],
  ],

  ["a name that the policy is for", atTop("naming: {models: [ml/*, x]}"), []],
  ["a name that it is not for", atTop('naming: {models: ["ml/other-*"]}'), ["naming MREG-E114"]],
  ["an owner that it is for", atTop("naming: {owners: [risk-team]}"), []],
  ["an owner that it is not for", atTop("naming: {owners: [fraud-team]}"), ["naming MREG-E114"]],
];

const tier = (when: string, more: string) => inMove(`tiers: [{when: ${when}, ${more}}]`);
const twoLeads = "approvals: {count: 2, roles: [lead]}";
const delegation = "delegations: [{from: lea, to: norman, role: lead, until: ";

const peopleCases: readonly Case[] = [
  ["a tier of another risk class", tier("{riskClass: [high]}", twoLeads), []],
  ["a tier of this risk class", tier("{riskClass: [limited]}", twoLeads), ["approvals.tier1 MREG-E310"]],
  [
    "a tier of this risk class, met",
    all(tier("{riskClass: [limited]}", twoLeads), (d) => (d.approvals = [{ by: "lea" }, { by: "lou" }])),
    [],
  ],
  [
    "a card that names no risk class is in every tier",
    all(tier("{riskClass: [high]}", twoLeads), cardOf({ riskClass: undefined })),
    ["card MREG-E105", "approvals.tier1 MREG-E310"],
  ],
  [
    "no card is in every tier",
    all(tier("{riskClass: [high]}", "soak: {in: staging, min: 2d}"), (d) => put(d, "card")),
    ["card MREG-E101", "soak.tier1 MREG-E401"],
  ],
  [
    "data that says nothing is personal",
    tier("{personalData: true}", "requires: [migration]"),
    ["migration MREG-E101"],
  ],
  [
    "data that is not personal",
    all(tier("{personalData: true}", "requires: [migration]"), lineageOf({ containsPII: false })),
    [],
  ],
  [
    "approvals by each of two roles",
    all(
      edit("approvals: {count: 1, roles: [lead]", "approvals: {count: 1, roles: [lead, owner], each: [owner]"),
      (d) => (d.approvals = [{ by: "lea" }]),
    ),
    ["approvals MREG-E310"],
  ],
  [
    "approvals by each of two roles, met",
    all(
      edit("approvals: {count: 1, roles: [lead]", "approvals: {count: 1, roles: [lead, owner], each: [owner]"),
      (d) => (d.approvals = [{ by: "olga" }]),
    ),
    [],
  ],

  [
    "a borrowed role",
    all(atTop(`${delegation}2026-11-20T12:00:01Z, ticket: OPS-1}]`), (d) => (d.approvals = [{ by: "norman" }])),
    [],
  ],
  [
    "a borrowed role, to the second too late",
    all(atTop(`${delegation}2026-11-20T12:00:00Z, ticket: OPS-1}]`), (d) => (d.approvals = [{ by: "norman" }])),
    ["approvals MREG-E310"],
  ],
  [
    "a borrowed role, too early",
    all(
      atTop(`${delegation}2026-12-01T00:00:00Z, since: 2026-11-20T12:00:01Z, ticket: OPS-1}]`),
      (d) => (d.approvals = [{ by: "norman" }]),
    ),
    ["approvals MREG-E310"],
  ],
];

describe.each([
  ["card, lineage, names", otherCases],
  ["tiers and delegations", peopleCases],
])("demands: %s", (_group, cases) => {
  test.each(cases)("demands: %s", (_what, change, expected) => {
    expect(outcome(change)).toEqual({ failed: expected, allowed: expected.length === 0 });
  });
});
