import { ModelError } from "../../model/errors.ts";
import { readZipDirectory, type ZipDirectory, type ZipEntry } from "../../model/formats/zip/directory.ts";
import { findZipGaps, openZipMember, readZipLocal, type ZipLocal } from "../../model/formats/zip/member.ts";
import { type ContentScan, memberOf, type ScanContent } from "./content.ts";
import { scanKerasConfig } from "./keras-scan.ts";
import { isHarmlessText, isText } from "./text-member.ts";
import type { ScanFindings } from "./verdict.ts";

type Members = readonly { readonly entry: ZipEntry; readonly local: ZipLocal }[];

/** Members of PyTorch's archives that no loader unpickles: the bytes of tensors, and a few words about the archive. */
const torchStorage = /^[^/]+\/data\/\d+$/;
const torchNotes = /^[^/]+\/(?:version|byteorder|\.format_version|\.storage_alignment|\.data\/serialization_id)$/;
const codeNames = /\.(?:py|pyc|pyo|so|dll|dylib|exe|sh|jar|class|node)$/i;

/**
 * Judges every member of a zip archive, and the archive itself: one that two readers read differently hides something.
 *
 * Members are found by the central directory, as PyTorch and Python do; local headers that say otherwise, bytes that no
 * member explains, doubled names and wrong checksums are findings, never reasons to look away.
 *
 * @param isBehind - whether another format lies in front of it, whose bytes belong to no member.
 * @throws {@link ModelError} `UNSAFE_FORMAT` when there is no directory that can be read.
 */
export async function scanZip(
  content: ScanContent,
  findings: ScanFindings,
  scan: ContentScan,
  { isBehind = false }: { readonly isBehind?: boolean } = {},
): Promise<string> {
  const { read } = content;
  const at = memberOf(content);
  const directory = await readZipDirectory(read);
  if (!directory) {
    findings.add({ severity: "unscannable", reason: "starts like a zip archive, and has no directory", ...at });
    return "broken zip archive";
  }
  const members = await readLocals(content, directory, findings);
  checkArchive(content, { members, directory, isBehind }, findings);
  const names = members.map(({ entry }) => entry.name);
  const isTorch = names.some((name) => /^[^/]+\/data\.pkl$/.test(name));
  for (const { entry, local } of members) {
    const isTensor = isTorch && torchStorage.test(entry.name) && entry.method === 0;
    const isDirectory = entry.name.endsWith("/") && entry.compressedBytes === 0;
    if (!isDirectory && !isTensor) await scanMember(content, { entry, local, isTorch, scan }, findings);
  }
  return `${isTorch ? "pytorch archive" : "zip archive"}, ${members.length} members`;
}

async function readLocals(content: ScanContent, directory: ZipDirectory, findings: ScanFindings): Promise<Members> {
  const members: { readonly entry: ZipEntry; readonly local: ZipLocal }[] = [];
  for (const entry of directory.entries) {
    try {
      members.push({ entry, local: await readZipLocal(content.read, entry) });
    } catch (error) {
      if (!(error instanceof ModelError)) throw error;
      findings.add({ severity: "unscannable", reason: error.message, member: memberPath(content, entry) });
    }
  }
  return members;
}

interface CheckedArchive {
  readonly members: Members;
  readonly directory: ZipDirectory;
  readonly isBehind: boolean;
}

function checkArchive(
  content: ScanContent,
  { members, directory, isBehind }: CheckedArchive,
  findings: ScanFindings,
): void {
  const odd = (reason: string, entry?: ZipEntry) => {
    const at = entry ? { member: memberPath(content, entry) } : memberOf(content);
    findings.add({ severity: "suspicious", reason, ...at });
  };
  const seen = new Set<string>();
  for (const { entry, local } of members) {
    const name = entry.name.toLowerCase();
    if (seen.has(name)) odd("zip archive has two members of this name", entry);
    seen.add(name);
    if (local.name !== entry.name) odd("zip member has another name in its local header", entry);
    if (local.method !== entry.method) odd("zip member is compressed otherwise in its local header", entry);
    if ((entry.flags & 0x61) !== 0) odd("zip member is marked as encrypted or patched", entry);
    if (entry.method === 0 && entry.bytes !== entry.compressedBytes) odd("stored zip member has two lengths", entry);
    if (/^[/\\]|^[a-z]:|(?:^|[/\\])\.\.(?:[/\\]|$)/i.test(entry.name))
      odd("zip member lies outside its archive", entry);
  }
  for (const { offset, bytes, isOverlap } of findZipGaps(members, directory, content.read.size)) {
    if (isBehind && !isOverlap && offset === 0) continue;
    odd(isOverlap ? `zip members share bytes at ${offset}` : `${bytes} bytes at ${offset} belong to no zip member`);
  }
}

interface ScanMember {
  readonly entry: ZipEntry;
  readonly local: ZipLocal;
  readonly isTorch: boolean;
  readonly scan: ContentScan;
}

async function scanMember(
  content: ScanContent,
  { entry, local, isTorch, scan }: ScanMember,
  findings: ScanFindings,
): Promise<void> {
  const member = memberPath(content, entry);
  if (codeNames.test(entry.name)) {
    findings.add({ severity: "suspicious", reason: "program code in an archive of weights", member });
    return;
  }
  try {
    content.budget?.spend(entry.compressedBytes);
    const opened = await openZipMember(content.read, entry, local);
    content.budget?.spend(opened.content.size);
    if (opened.isChecked && !opened.hasChecksum) {
      findings.add({ severity: "suspicious", reason: "zip member does not have the checksum it claims", member });
    }
    if (entry.name === "config.json") await scanKerasConfig(opened.content, member, findings);
    const isNote = isTorch && torchNotes.test(entry.name) && (await isText(opened.content));
    if (isNote || (await isHarmlessText(entry.name, opened.content))) return;
    const { budget, depth } = content;
    const inner = { read: opened.content, path: entry.name, member, depth: depth + 1, ...(budget ? { budget } : {}) };
    await scan(inner, findings);
  } catch (error) {
    if (!(error instanceof ModelError)) throw error;
    findings.add({ severity: "unscannable", reason: error.message, member });
  }
}

function memberPath({ member }: ScanContent, { name }: ZipEntry): string {
  return member === undefined ? name : `${member}/${name}`;
}
