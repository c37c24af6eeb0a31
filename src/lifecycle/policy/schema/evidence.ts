import { z } from "zod";
import { cardFields, documentRoles, monitoringCategories } from "../../../evidence/predicate-words.ts";
import { common } from "./common.ts";
import { EvalRule } from "./eval.ts";
import { duration, roles, strict, text } from "./words.ts";

/** SPDX identifiers as cards and data sets write them; compared without regard to case. */
const licenses = z.array(text).min(1).max(1_000).optional();

export const CardRule = strict({
  predicate: z.literal("model-card"),
  ...common,
  require: z.array(z.enum(cardFields)).default([]),
  /** Licences that the model may have. */
  licenses,
  /** Risk classes that there are; another word is a typo, or an attempt to be in none. */
  riskClasses: z.array(text).min(1).max(100).optional(),
});

export const LineageRule = strict({
  predicate: z.literal("lineage"),
  ...common,
  require: z.array(z.enum(["run", "dataset", "code"])).default(["run", "dataset", "code"]),
  /** Licences that training data may have; a data set that names none is refused. */
  licenses,
  /** `declared`: each data set says whether it holds personal data. `none`: each says that it does not. */
  personalData: z.enum(["declared", "none"]).optional(),
});

export const ScanRule = strict({
  predicate: z.literal("scan"),
  ...common,
  result: z.literal("PASSED").default("PASSED"),
  /** A scan that skipped a weight file says nothing about it. */
  coverAllFiles: z.boolean().default(true),
});

/** Who still uses a version; passes when nobody is left. */
export const ConsumersRule = strict({
  predicate: z.literal("consumers"),
  ...common,
  /** Where nobody must use it any more; everywhere when it is not given. */
  environment: text.optional(),
});

export const MonitoringRule = strict({
  predicate: z.literal("monitoring"),
  ...common,
  /** States of the report that pass. */
  status: z
    .array(z.enum(["ok", "warn"]))
    .min(1)
    .default(["ok"]),
  /** Each must have a metric with a limit. */
  categories: z.array(z.enum(monitoringCategories)).default([]),
});

/** Any other predicate: there is a statement of this type, and it meets the conditions. */
export const StatementRule = strict({
  predicate: z.literal("statement"),
  /** The predicate type, exactly. */
  type: z.url().max(500),
  ...common,
});

export const DocumentRule = strict({
  document: z.enum(documentRoles),
  signedBy: roles.optional(),
  maxAge: duration.optional(),
  /** The document must name a digest that production has served, as soon as there is one. */
  mustReference: z.literal("previousProduction").optional(),
});

export const EvidenceRule = z.union([
  z.discriminatedUnion("predicate", [
    CardRule,
    LineageRule,
    EvalRule,
    ScanRule,
    ConsumersRule,
    MonitoringRule,
    StatementRule,
  ]),
  DocumentRule,
]);

export type EvidenceRule = Readonly<z.infer<typeof EvidenceRule>>;
export type CardRule = Readonly<z.infer<typeof CardRule>>;
export type LineageRule = Readonly<z.infer<typeof LineageRule>>;
export type ScanRule = Readonly<z.infer<typeof ScanRule>>;
export type ConsumersRule = Readonly<z.infer<typeof ConsumersRule>>;
export type MonitoringRule = Readonly<z.infer<typeof MonitoringRule>>;
export type StatementRule = Readonly<z.infer<typeof StatementRule>>;
export type DocumentRule = Readonly<z.infer<typeof DocumentRule>>;
