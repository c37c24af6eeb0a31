import { documentLimitBytes } from "../../base/limits.ts";
import { type ChatTemplate, chatTemplatesOf, templateRisks } from "../../model/inspect/chat-template.ts";
import { remoteCodeOf } from "../../model/inspect/remote-code.ts";
import type { FileKind } from "../../model/media-types.ts";
import type { ScanContent } from "./content.ts";
import { scanContent } from "./content-scan.ts";
import { fileMagic, fileMagicBytes } from "./file-magic.ts";
import { findSecrets } from "./secrets.ts";
import type { ScanFindings } from "./verdict.ts";

/** Most of a file that is searched for secrets: keys stand in small files, and vocabularies are long. */
const searchedBytes = 2 * 1024 * 1024;

/** Words of a vocabulary have the shape of anything. */
const vocabularies =
  /(?:^|\/)(?:tokenizer\.json|vocab(?:\.[^/]*)?|merges\.txt|[^/]*\.(?:model|spm|tiktoken|vocab|csv|tsv))$/i;

const programs = /\.(?:py|pyi|sh|bash|js|mjs|ts|r|jl|lua|rs|go|c|cc|cpp|cu|h|hpp|java|ipynb)$/i;
const pictures = /\.(?:png|jpe?g|gif|webp|pdf|svg)$/i;

/**
 * Judges a file that is no weights: configuration, documentation, code. Such files run nothing by themselves, but for
 * what a loader is told to trust, and templates; and they may be something else than their names say.
 */
export async function scanCompanion(content: ScanContent, kind: FileKind, findings: ScanFindings): Promise<string> {
  const { read, path } = content;
  const head = await read.read(0, Math.min(read.size, fileMagicBytes));
  const magic = fileMagic(head);
  const at = content.member === undefined ? {} : { member: content.member };
  if (magic === "a script") {
    findings.add({ severity: kind === "code" ? "note" : "suspicious", reason: "a script", ...at });
  } else if (magic !== undefined && !pictures.test(path)) {
    // A pickle, an archive or a program under the name of a text is judged as what it is.
    return scanContent(content, findings);
  }
  if (programs.test(path)) {
    findings.add({ severity: "note", reason: "program code, which runs when a loader is told to trust it", ...at });
  }
  if (/(?:^|\/)\.[^/]/.test(path)) findings.add({ severity: "note", reason: "a hidden file", ...at });
  if (read.size > documentLimitBytes) {
    findings.add({ severity: "note", reason: `not searched: it has more than ${documentLimitBytes} bytes`, ...at });
    return kind;
  }
  const text = Buffer.from(await read.read(0, read.size)).toString("utf8");
  judgeText(path, text, { at, findings });
  return kind;
}

interface Judged {
  readonly at: { readonly member?: string };
  readonly findings: ScanFindings;
}

function judgeText(path: string, text: string, { at, findings }: Judged): void {
  for (const name of remoteCodeOf(path, text)) {
    const reason = `needs code that is loaded with it: ${name}`;
    findings.add({ severity: "suspicious", reason, ...at });
  }
  for (const { name, template } of chatTemplatesOf(path, text) satisfies readonly ChatTemplate[]) {
    for (const { severity, reason } of templateRisks(template)) {
      findings.add({ severity, reason: `chat template${name === undefined ? "" : ` ${name}`}: ${reason}`, ...at });
    }
  }
  if (vocabularies.test(path)) return;
  for (const { kind, line } of findSecrets(text.slice(0, searchedBytes))) {
    findings.add({ severity: "suspicious", reason: `holds ${kind} in line ${line}: revoke it`, ...at });
  }
}
