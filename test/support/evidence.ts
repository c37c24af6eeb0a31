import { expect } from "vitest";
import {
  draftEvidence,
  type EvidenceDraft,
  EvidenceError,
  type EvidenceInput,
  type EvidenceKind,
} from "../../src/evidence/index.ts";

/** Present time of every draft. */
export const now = new Date("2026-11-20T12:00:00Z");

/** One file with text, or with anything as JSON. */
export function fileOf(path: string, content: unknown) {
  if (content instanceof Uint8Array) return { path, bytes: content };
  return { path, bytes: Buffer.from(typeof content === "string" ? content : JSON.stringify(content)) };
}

/** Drafts evidence from one file. */
export function draftOf(
  kind: EvidenceKind,
  path: string,
  content: unknown,
  options: Partial<EvidenceInput> = {},
): EvidenceDraft {
  return draftEvidence(kind, { files: [fileOf(path, content)], now, ...options });
}

/** Expects a draft to be refused with this code, in a message that matches. Returns the error. */
export function refusedWith(work: () => unknown, code: EvidenceError["code"], message: RegExp): EvidenceError {
  try {
    work();
  } catch (error) {
    if (!(error instanceof EvidenceError)) throw error;
    expect(error.code, error.message).toBe(code);
    expect(error.message).toMatch(message);
    return error;
  }
  return expect.fail(`expected ${code}`);
}

/** A full digest of one repeated character. */
export const digestFull = (character: string) => `sha256:${character.repeat(64)}`;
