import { z } from "zod";
import { documentRoles } from "../predicate-words.ts";
import { FileReference } from "./resource.ts";

/** What a document is for, as `mreg attach --role` names it; gates ask for documents by it. */
export const DocumentRole = z.enum(documentRoles);
export type DocumentRole = z.infer<typeof DocumentRole>;

/** A document that a gate asks for, `https://mreg.dev/document/v1`. */
export const Document = z.strictObject({
  role: DocumentRole,
  document: FileReference,
  /** Further files that belong to the document. */
  evidence: z.array(FileReference).optional(),
  /** Digests that its text names, sorted: a rollback plan names the version to go back to. */
  references: z.array(z.string().regex(/^sha256:[0-9a-f]{64}$/)).optional(),
});
export type Document = Readonly<z.infer<typeof Document>>;
