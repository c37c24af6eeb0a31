import { pathProblem } from "../../model/file-path.ts";
import { readTar } from "../../model/formats/tar.ts";
import { slice } from "../../model/weights/range-reader.ts";
import { type ContentScan, memberOf, type ScanContent } from "./content.ts";
import { isHarmlessText } from "./text-member.ts";
import type { ScanFindings } from "./verdict.ts";

/** Judges every member of a tar archive among the weights: NeMo's, or PyTorch's first form. */
export async function scanTar(content: ScanContent, findings: ScanFindings, scan: ContentScan): Promise<string> {
  const { read, budget, depth } = content;
  const entries = readTar(read);
  let members = 0;
  for (;;) {
    const { done, value } = await entries.next();
    if (done) {
      await checkEnd(content, value, findings);
      return `tar archive, ${members} members`;
    }
    members++;
    const { path, type, target, offset, size } = value;
    const member = content.member === undefined ? path : `${content.member}/${path}`;
    if (pathProblem(path.replace(/^\.\//, "").replace(/\/$/, "") || "x") !== undefined) {
      findings.add({ severity: "suspicious", reason: "member lies outside its archive", member });
    }
    if (type === "link" || type === "other") {
      const isOut = type === "link" && pathProblem(target) !== undefined;
      const reason = type === "link" ? `a link to ${JSON.stringify(target.slice(0, 200))}` : "a member that is no file";
      findings.add({ severity: isOut ? "dangerous" : "suspicious", reason, member });
    } else if (type === "file" && size > 0) {
      budget?.spend(size);
      const inner = slice(read, offset, size);
      if (await isHarmlessText(path, inner)) continue;
      await scan({ read: inner, path, member, depth: depth + 1, ...(budget ? { budget } : {}) }, findings);
    }
  }
}

/** Behind the end there are zeros, as many as the writer's blocks have. */
async function checkEnd(content: ScanContent, end: number, findings: ScanFindings): Promise<void> {
  const { read } = content;
  const length = Math.min(read.size - end, 1024 * 1024);
  const isPadding = length === read.size - end && (await read.read(end, length)).every((byte) => byte === 0);
  if (isPadding) return;
  const reason = `${read.size - end} bytes behind the end of the archive`;
  findings.add({ severity: "suspicious", reason, ...memberOf(content) });
}
