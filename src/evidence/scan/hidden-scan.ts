import { ModelError } from "../../model/errors.ts";
import { ByteCursor } from "../../model/formats/byte-cursor.ts";
import { walkPickle } from "../../model/formats/pickle/machine.ts";
import { readZipDirectory } from "../../model/formats/zip/directory.ts";
import { type ContentScan, memberOf, type ScanContent } from "./content.ts";
import { isDangerousGlobal } from "./dangerous-globals.ts";
import type { ScanFindings } from "./verdict.ts";
import { scanZip } from "./zip-scan.ts";

/** How modules and their members are named; bytes that only look like an import are not. */
const identifier = /^[A-Za-z_][\w.]{0,200}$/;

/**
 * Looks for a second format in a file that is valid in its own: an archive, which readers find from the end, and a
 * pickle, whose text may pass for the length and the beginning of a header.
 */
export async function scanHidden(content: ScanContent, findings: ScanFindings, scan: ContentScan): Promise<void> {
  await scanHiddenArchive(content, findings, scan);
  const cursor = new ByteCursor(content.read, { blockBytes: 64 * 1024 });
  const observer = {
    global: ({ module, name }: { readonly module: string; readonly name: string }) => {
      if (!identifier.test(module) || !identifier.test(name)) return;
      const what = isDangerousGlobal(module, name) ? "which runs code or reaches the system" : "as its first bytes say";
      const reason = `is a pickle, too, and imports ${module}.${name}, ${what}`;
      findings.add({ severity: "dangerous", reason, ...memberOf(content), global: `${module}.${name}` });
    },
    oddity: () => {},
  };
  try {
    await walkPickle(cursor, observer, { itemLimit: 16, retainedLimit: 1024 * 1024 });
  } catch (error) {
    if (!(error instanceof ModelError)) throw error;
  }
}

/** Tensors may end with the four bytes that end an archive; only a directory that holds makes one of them. */
async function scanHiddenArchive(content: ScanContent, findings: ScanFindings, scan: ContentScan): Promise<void> {
  let members = 0;
  try {
    members = (await readZipDirectory(content.read))?.entries.length ?? 0;
  } catch (error) {
    if (!(error instanceof ModelError)) throw error;
  }
  if (members === 0) return;
  findings.add({ severity: "dangerous", reason: `is a zip archive of ${members} members, too`, ...memberOf(content) });
  await scanZip(content, findings, scan, { isBehind: true });
}
