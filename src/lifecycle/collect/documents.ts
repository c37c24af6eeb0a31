import { predicateTypes } from "../../evidence/predicate-types.ts";
import { fromContentDigest } from "../../evidence/predicates/digest-set.ts";
import { Document } from "../../evidence/predicates/document.ts";
import type { CallOptions } from "../../oci/content.ts";
import type { Descriptor } from "../../oci/descriptor.ts";
import type { ModelStore } from "../chain/read.ts";
import type { MemberStatement } from "../decision/situation.ts";
import type { Policy } from "../policy/policy.ts";
import { collectStatements } from "./statements.ts";

/**
 * Finds a statement by somebody of the policy about the very document that `predicate` describes.
 *
 * @param predicate - a document, with its role and the digest of its file.
 */
// biome-ignore lint/complexity/useMaxParams: store, policy and target as everywhere, and what is looked for
export async function findDocument(
  store: ModelStore,
  policy: Policy,
  target: Descriptor,
  predicate: unknown,
  options: CallOptions = {},
): Promise<MemberStatement | undefined> {
  const wanted = Document.parse(predicate);
  const { statements } = await collectStatements(store, target, { links: [], policy }, options);
  return statements.find((statement) => {
    if (statement.predicateType !== predicateTypes.document) return false;
    const found = Document.safeParse(statement.predicate).data;
    return found?.role === wanted.role && toDigest(found) === toDigest(wanted);
  });
}

const toDigest = ({ document }: Document) => fromContentDigest(document.digest);
