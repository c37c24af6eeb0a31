import { gunzipSync, inflateSync } from "node:zlib";
import { ModelError } from "../../model/errors.ts";
import { parseNpy } from "../../model/formats/npy.ts";
import { isTar } from "../../model/formats/tar.ts";
import { readZipDirectory } from "../../model/formats/zip/directory.ts";
import { templateRisks } from "../../model/inspect/chat-template.ts";
import { inflatedMemberLimitBytes } from "../../model/limits.ts";
import { bytesReader, slice } from "../../model/weights/range-reader.ts";
import type { WeightsHeader } from "../../model/weights/tensor.ts";
import { readWeightsHeader } from "../../model/weights/weights-header.ts";
import { archiveDepthLimit } from "../limits.ts";
import { memberOf, type ScanContent } from "./content.ts";
import { type Claim, coverage } from "./context.ts";
import { fileMagic, fileMagicBytes } from "./file-magic.ts";
import { scanHdf5 } from "./hdf5-scan.ts";
import { scanHidden } from "./hidden-scan.ts";
import { scanOnnx } from "./onnx-scan.ts";
import { scanPickles } from "./pickle-scan.ts";
import { scanTar } from "./tar-scan.ts";
import { scanBundle, scanKerasMetadata, scanMessage, scanSavedModel, scanTflite } from "./tensorflow-scan.ts";
import type { ScanFindings } from "./verdict.ts";
import { WorkBudget } from "./work-budget.ts";
import { scanZip } from "./zip-scan.ts";

/** Formats without first bytes of their own. */
const named: readonly (readonly [
  name: RegExp,
  scan: (content: ScanContent, findings: ScanFindings) => Promise<string>,
])[] = [
  [/\.onnx$/i, scanOnnx],
  [/(?:^|\/)saved_model\.pb$/i, scanSavedModel],
  [/(?:^|\/)keras_metadata\.pb$/i, scanKerasMetadata],
  [/(?:^|\/)fingerprint\.pb$/i, scanMessage],
  [/(?:^|\/)(?:variables|[^/]*ckpt[^/]*)\.index$/i, scanBundle],
];

/** Alignment of GGUF is at most this, and so is the padding at its end. */
const paddingBytes = 64 * 1024;

/** Exporters of ONNX align tensors to pages of memory, of which systems have up to 64 KiB. */
const claimedPaddingBytes = 16 * 1024 * 1024;

/** Names that programs give to unpicklers, whatever the first bytes are: protocol 0 has no magic. */
const pickleNames = /(?:^|\/)data\.pkl$|\.(?:pkl|pickle|p|joblib|dill|dat|data|bin|pt|pth|ckpt|mar|th|model)$/i;

/**
 * Judges content by what it is, whatever it is called: its first bytes choose, and its name only where they say
 * nothing.
 *
 * @returns what it is, for people.
 * @throws whatever the reader throws; what is wrong with the content becomes a finding.
 */
export async function scanContent(content: ScanContent, findings: ScanFindings): Promise<string> {
  try {
    const budget = content.budget ?? new WorkBudget(content.read.size);
    return await scanByMagic({ ...content, budget }, findings);
  } catch (error) {
    if (!(error instanceof ModelError)) throw error;
    findings.add({ severity: "unscannable", reason: error.message, ...memberOf(content) });
    return "not readable";
  }
}

async function scanByMagic(content: ScanContent, findings: ScanFindings): Promise<string> {
  const { read, path, depth } = content;
  const at = memberOf(content);
  if (depth > archiveDepthLimit) {
    findings.add({ severity: "unscannable", reason: `archives nested deeper than ${archiveDepthLimit}`, ...at });
    return "nested archive";
  }
  const head = await read.read(0, Math.min(read.size, fileMagicBytes));
  const magic = fileMagic(head);
  const byName = magic === undefined ? named.find(([name]) => name.test(path))?.[1] : undefined;
  if (byName) return byName(content, findings);
  const tensors = /\.(safetensors|gguf)$/i.exec(path)?.[1]?.toLowerCase();
  if (tensors !== undefined) {
    // The length of a header may look like the beginning of something else.
    const isHeader = tensors === "safetensors" && head[8] === 0x7b && head[5] === 0 && head[6] === 0 && head[7] === 0;
    if (isHeader || magic === undefined || (magic === "GGUF" && tensors === "gguf")) {
      return scanTensors(content, findings);
    }
    findings.add({ severity: "dangerous", reason: `named ${tensors}, but starts like ${magic}`, ...at });
  }
  switch (magic) {
    case "a zip archive":
      return scanZip(content, findings, scanContent);
    case "TensorFlow Lite":
      return scanTflite(content, findings, scanContent);
    case "HDF5":
      return scanHdf5(content, findings);
    case "a NumPy array":
      return scanNpy(content, findings);
    case "GGUF":
      return scanTensors({ ...content, path: `${path}.gguf` }, findings);
    case "gzip data":
    case "zlib data":
      return scanCompressed(content, magic, findings);
    case "an ELF program":
    case "a Windows program":
    case "a macOS program":
    case "a WebAssembly program":
    case "compiled Java":
    case "a script":
      findings.add({ severity: "dangerous", reason: `${magic} among the weights`, ...at });
      return magic;
    case undefined:
    case "a pickle":
      return scanUnannounced(content, magic, findings);
    default:
      findings.add({ severity: "unscannable", reason: `${magic}, which cannot be looked into`, ...at });
      return magic;
  }
}

/** Pickles, and what could be one: before protocol 2 they begin with any opcode. */
async function scanUnannounced(
  content: ScanContent,
  magic: string | undefined,
  findings: ScanFindings,
): Promise<string> {
  const { read, path, member, context } = content;
  const at = memberOf(content);
  const claim = member === undefined ? context?.claimOf(path) : undefined;
  if (claim) return scanClaimed(content, claim, findings);
  if (magic === undefined && (await isTar(read))) return scanTar(content, findings, scanContent);
  if (await readZipDirectory(read)) {
    findings.add({ severity: "suspicious", reason: "a zip archive with something else in front of it", ...at });
    await scanZip(content, findings, scanContent);
  }
  const isGuess = magic === undefined && !pickleNames.test(path);
  const pickles = await scanPickles({ read, ...(member === undefined ? {} : { member }), isGuess }, findings);
  if (pickles > 0) return pickles === 1 ? "pickle" : `${pickles} pickles`;
  findings.add({ severity: "unscannable", reason: "a format that mreg cannot judge", ...at });
  return "unknown";
}

/** Tensors of another file, as that one says: bytes without a format, unless they have one after all. */
async function scanClaimed(content: ScanContent, claim: Claim, findings: ScanFindings): Promise<string> {
  const at = memberOf(content);
  const { free, shared } = coverage(claim, content.read.size);
  if (free > claimedPaddingBytes) {
    findings.add({ severity: "suspicious", reason: `${free} bytes belong to no tensor of ${claim.by}`, ...at });
  }
  if (shared > 0) {
    findings.add({ severity: "note", reason: `${shared} bytes belong to several tensors of ${claim.by}`, ...at });
  }
  await scanHidden(content, findings, scanContent);
  return `tensors of ${claim.by}`;
}

async function scanTensors(content: ScanContent, findings: ScanFindings): Promise<string> {
  const { read, path } = content;
  const at = memberOf(content);
  try {
    const header = await readWeightsHeader(read, path);
    if (!header) return "unknown";
    await scanHidden(content, findings, scanContent);
    scanHeader(header, read.size, { at, findings });
    return `${header.format}, ${header.tensors.length} tensors`;
  } catch (error) {
    if (!(error instanceof ModelError)) throw error;
    findings.add({ severity: "dangerous", reason: `its header lies: ${error.message}`, ...at });
    return "malformed header";
  }
}

/** What a header that holds may bring along: a template that is code, and bytes that no tensor explains. */
function scanHeader({ metadata, tensors }: WeightsHeader, size: number, { at, findings }: Judged): void {
  for (const [key, value] of Object.entries(metadata)) {
    if (!key.startsWith("tokenizer.chat_template") || typeof value !== "string") continue;
    for (const { severity, reason } of templateRisks(value)) {
      findings.add({ severity, reason: `chat template ${key}: ${reason}`, ...at });
    }
  }
  const end = tensors.reduce((last, { offset, bytes }) => Math.max(last, offset + bytes), 0);
  if (tensors.length > 0 && size - end > paddingBytes) {
    findings.add({ severity: "suspicious", reason: `${size - end} bytes behind the last tensor`, ...at });
  }
}

interface Judged {
  readonly at: { readonly member?: string };
  readonly findings: ScanFindings;
}

async function scanNpy(content: ScanContent, findings: ScanFindings): Promise<string> {
  const { read, member } = content;
  const header = await parseNpy(read);
  const rest = slice(read, header.dataStart);
  if (header.dataBytes === undefined) {
    await scanPickles({ read: rest, ...(member === undefined ? {} : { member }) }, findings);
    return "numpy, objects";
  }
  if (header.dataBytes !== rest.size) {
    const reason = `array of ${header.dataBytes} bytes in a file that has ${rest.size} for it`;
    findings.add({ severity: "suspicious", reason, ...memberOf(content) });
  }
  return `numpy, ${header.descr} of shape (${header.shape.join(", ")})`;
}

/** joblib compresses a whole pickle. */
async function scanCompressed(content: ScanContent, magic: string, findings: ScanFindings): Promise<string> {
  const { read, path, depth } = content;
  const at = memberOf(content);
  const limit = inflatedMemberLimitBytes;
  if (read.size > limit) {
    findings.add({ severity: "unscannable", reason: `${magic} of more than ${limit} bytes`, ...at });
    return magic;
  }
  const bytes = await read.read(0, read.size);
  let inflated: Buffer;
  try {
    inflated = (magic === "gzip data" ? gunzipSync : inflateSync)(bytes, { maxOutputLength: limit });
  } catch (error) {
    const reason = `${magic} that does not inflate to at most ${limit} bytes: ${(error as Error).message}`;
    findings.add({ severity: "unscannable", reason, ...at });
    return magic;
  }
  content.budget?.spend(inflated.length);
  const inner = await scanContent({ ...content, read: bytesReader(inflated), path, depth: depth + 1 }, findings);
  return `${inner} in ${magic}`;
}
