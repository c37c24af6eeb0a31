import { documentLimitBytes } from "../../base/limits.ts";
import { ProtoReader } from "../../model/formats/protobuf.ts";
import { describeSavedModel } from "../../model/formats/saved-model.ts";
import { describeBundle } from "../../model/formats/tensor-bundle.ts";
import { describeTflite } from "../../model/formats/tflite.ts";
import { readZipDirectory } from "../../model/formats/zip/directory.ts";
import { bytesReader } from "../../model/weights/range-reader.ts";
import { unsafe } from "../../model/weights/tensor.ts";
import { type ContentScan, memberOf, type ScanContent } from "./content.ts";
import { scanKerasConfig } from "./keras-scan.ts";
import { operationSeverity } from "./tensorflow-operations.ts";
import type { ScanFindings } from "./verdict.ts";
import { scanZip } from "./zip-scan.ts";

const smallMessageBytes = 64 * 1024;

/** Operators that ship with TensorFlow Lite although they are called custom. */
const knownOperators = new Set(
  `TFLite_Detection_PostProcess Convolution2DTransposeBias MaxPoolingWithArgmax2D
MaxUnpooling2D AudioSpectrogram Mfcc AveragePool Softmax TfLiteAudioSpectrogram RandomUniform
RandomStandardNormal Multinomial`.split(/\s+/),
);

function judgeOperation(name: string, content: ScanContent, findings: ScanFindings): void {
  const severity = operationSeverity(name);
  if (severity === undefined) return;
  const what = severity === "dangerous" ? "which reaches files or runs code" : "which may reach files";
  findings.add({ severity, reason: `operation ${name}, ${what}`, ...memberOf(content) });
}

/** Judges the graphs of a SavedModel by what they do besides computing. */
export async function scanSavedModel(content: ScanContent, findings: ScanFindings): Promise<string> {
  const { operations } = await describeSavedModel(content.read);
  for (const name of operations.keys()) judgeOperation(name, content, findings);
  return `SavedModel, ${operations.size} kinds of operations`;
}

/**
 * Judges a model of TensorFlow Lite by its operators. What lies behind it is an archive of labels and notes at most,
 * which is looked into.
 */
export async function scanTflite(content: ScanContent, findings: ScanFindings, scan: ContentScan): Promise<string> {
  const { tensors, customOperators } = await describeTflite(content.read);
  for (const name of customOperators) {
    if (knownOperators.has(name)) continue;
    // Operators of TensorFlow itself, run by its delegate.
    if (name.startsWith("Flex")) judgeOperation(name.slice(4), content, findings);
    else {
      const reason = `needs the operator ${name}, which comes with a library of code`;
      findings.add({ severity: "suspicious", reason, ...memberOf(content) });
    }
  }
  if (await readZipDirectory(content.read)) await scanZip(content, findings, scan, { isBehind: true });
  return `tflite, ${tensors.length} tensors`;
}

/** Checks an index of variables, and tells the scan what the files beside it hold. */
export async function scanBundle(content: ScanContent, findings: ScanFindings): Promise<string> {
  const { entries, shards } = await describeBundle(content.read);
  const stem = content.path.replace(/\.index$/i, "");
  const digits = (number: number) => String(number).padStart(5, "0");
  for (const { shard, offset, bytes } of entries) {
    content.context?.claim(`${stem}.data-${digits(shard)}-of-${digits(shards)}`, content.path, { offset, bytes });
  }
  for (let shard = 0; content.context && shard < Math.min(shards, 100_000); shard++) {
    const path = `${stem}.data-${digits(shard)}-of-${digits(shards)}`;
    if (content.context.sizeOf(path) !== undefined || !content.context.claimOf(path)) continue;
    findings.add({
      severity: "suspicious",
      reason: `variables are in ${path}, which is not there`,
      ...memberOf(content),
    });
  }
  return `index of ${entries.length} variables`;
}

/** Notes of older versions of Keras beside a SavedModel: configurations of layers as JSON, in messages. */
export async function scanKerasMetadata(content: ScanContent, findings: ScanFindings): Promise<string> {
  const { read } = content;
  let nodes = 0;
  await new ProtoReader(read).message(async (field, reader) => {
    if (field.number !== 1 || field.wire !== "bytes") return;
    nodes++;
    // SavedMetadata.nodes: SavedObject.metadata is field 5.
    await reader.message(async (part, inner) => {
      if (part.number !== 5 || part.wire !== "bytes") return;
      const text = Buffer.from(await inner.text(part, documentLimitBytes));
      await scanKerasConfig(bytesReader(text), content.member, findings);
    });
  });
  return `notes of Keras on ${nodes} objects`;
}

/** Hashes beside a SavedModel, in one message: numbers, and nothing that anybody runs. */
export async function scanMessage(content: ScanContent): Promise<string> {
  if (content.read.size > smallMessageBytes)
    throw unsafe(`has ${content.read.size} bytes, more than a fingerprint has`);
  await new ProtoReader(content.read).message(() => {});
  return "a fingerprint";
}
