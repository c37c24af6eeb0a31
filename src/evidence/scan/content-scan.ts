import { gunzipSync, inflateSync } from "node:zlib";
import { archiveDepthLimit, inflatedMemberLimitBytes } from "../../base/limits.ts";
import { ModelError } from "../../model/errors.ts";
import { pathProblem } from "../../model/file-path.ts";
import { parseNpy } from "../../model/formats/npy.ts";
import { describeOnnx } from "../../model/formats/onnx.ts";
import { readZipDirectory } from "../../model/formats/zip/directory.ts";
import { bytesReader, type RangeReader } from "../../model/range-reader.ts";
import { readWeightsHeader } from "../../model/weights-header.ts";
import { fileMagic, fileMagicBytes } from "../file-magic.ts";
import { memberOf, type ScanContent } from "./content.ts";
import { scanHdf5, scanSavedModel } from "./keras-scan.ts";
import { scanPickles } from "./pickle-scan.ts";
import type { ScanFindings } from "./verdict.ts";
import { scanZip } from "./zip-scan.ts";

/** Domains of operators that ONNX Runtime has built in. */
const standardDomains =
  /^(?:ai\.onnx(?:\.ml|\.training|\.preview\.training)?|com\.microsoft(?:\.\w+)?|org\.pytorch\.aten|pkg\.\S+)$/;

/** Names that programs give to unpicklers, whatever the first bytes are: protocol 0 has no magic. */
const pickleNames = /(?:^|\/)data\.pkl$|\.(?:pkl|pickle|p|joblib|dill|dat|data|bin|pt|pth|ckpt|mar|th|model)$/i;

/**
 * Judges content by what it is, whatever it is called: its first bytes choose, and its name only where they say nothing.
 *
 * @returns what it is, for people.
 * @throws whatever the reader throws; what is wrong with the content becomes a finding.
 */
export async function scanContent(content: ScanContent, findings: ScanFindings): Promise<string> {
  try {
    return await scanByMagic(content, findings);
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
  if (magic === undefined && /\.onnx$/i.test(path)) return scanOnnx(content, findings);
  if (magic === undefined && /(?:^|\/)saved_model\.pb$/i.test(path)) return scanSavedModel(content, findings);
  const named = /\.(safetensors|gguf)$/i.exec(path)?.[1]?.toLowerCase();
  if (named !== undefined) {
    if (magic === undefined || (magic === "GGUF" && named === "gguf")) return scanTensors(content, findings);
    const reason = `named ${named}, but starts like ${magic}`;
    findings.add({ severity: "dangerous", reason, ...at });
  }
  switch (magic) {
    case "a zip archive":
      return scanZip(content, findings, scanContent);
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

/** A model in ONNX is data; what it says of files beside it is where a loader is led astray. */
async function scanOnnx(content: ScanContent, findings: ScanFindings): Promise<string> {
  const { tensors, externalFiles, domains } = await describeOnnx(content.read);
  for (const file of externalFiles) {
    if (pathProblem(file) === undefined) continue;
    const reason = `reads tensors from ${JSON.stringify(file.slice(0, 200))}, outside of the model`;
    findings.add({ severity: "dangerous", reason, ...memberOf(content) });
  }
  const foreign = domains.filter((domain) => !standardDomains.test(domain));
  if (foreign.length > 0) {
    const reason = `needs operators of ${foreign.slice(0, 5).join(", ")}, which come with libraries of code`;
    findings.add({ severity: "suspicious", reason, ...memberOf(content) });
  }
  return `onnx, ${tensors.length} tensors`;
}

/** Pickles, and what could be one: before protocol 2 they begin with any opcode. */
async function scanUnannounced(
  content: ScanContent,
  magic: string | undefined,
  findings: ScanFindings,
): Promise<string> {
  const { read, path, member } = content;
  const at = memberOf(content);
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

async function scanTensors({ read, path, member }: ScanContent, findings: ScanFindings): Promise<string> {
  try {
    const header = await readWeightsHeader(read, path);
    return `${header?.format}, ${header?.tensors.length} tensors`;
  } catch (error) {
    if (!(error instanceof ModelError)) throw error;
    const reason = `its header lies: ${error.message}`;
    findings.add({ severity: "dangerous", reason, ...(member === undefined ? {} : { member }) });
    return "malformed header";
  }
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
  const inner = await scanContent({ ...content, read: bytesReader(inflated), path, depth: depth + 1 }, findings);
  return `${inner} in ${magic}`;
}

function slice(read: RangeReader, start: number): RangeReader {
  return { size: read.size - start, read: (offset, length) => read.read(start + offset, length) };
}
