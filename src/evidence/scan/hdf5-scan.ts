import { walkHdf5 } from "../../model/formats/hdf5/walk.ts";
import { bytesReader } from "../../model/weights/range-reader.ts";
import { memberOf, type ScanContent } from "./content.ts";
import { scanKerasConfig } from "./keras-scan.ts";
import { scanPickles } from "./pickle-scan.ts";
import type { ScanFindings } from "./verdict.ts";

/** Attributes in which Keras keeps a model's layers; the others it reads are texts and numbers. */
const configurations = ["model_config", "layer_config"];

/** Filters from here on are plugins: libraries that HDF5 searches for and loads when elements are read. */
const firstPlugin = 256;

/** Attributes judged one after the other are kept until the walk has ended; longer ones together are not plausible. */
const heldLimitBytes = 32 * 1024 * 1024;

/**
 * Judges HDF5 by its structure: what leads to other files or needs libraries, and what is code in Keras' attributes.
 *
 * Elements of datasets are numbers, and are not looked at. What was not read makes the file unscannable.
 */
export async function scanHdf5(content: ScanContent, findings: ScanFindings): Promise<string> {
  const at = memberOf(content);
  const add = (severity: "dangerous" | "suspicious" | "unscannable", reason: string) =>
    findings.add({ severity, reason, ...at });
  let [datasets, held] = [0, 0];
  const texts: { readonly name: string; readonly bytes: Buffer }[] = [];
  const { start } = await walkHdf5(content.read, {
    dataset: (path, { externalFiles, isVirtual, filters }) => {
      datasets++;
      for (const file of externalFiles)
        add("dangerous", `dataset ${path} is read from the file ${JSON.stringify(file)}`);
      if (isVirtual) add("dangerous", `dataset ${path} is put together from other files`);
      const plugin = filters.find((filter) => filter >= firstPlugin);
      if (plugin !== undefined) add("suspicious", `dataset ${path} needs the plugin ${plugin}, a library of code`);
    },
    link: (path, { kind, target }) => {
      if (kind === "external") add("dangerous", `member ${path} is in the file ${JSON.stringify(target)}`);
      else if (kind === "user") add("suspicious", `member ${path} is a link of an unknown kind`);
    },
    attribute: (path, { name, value }) => {
      if (value === undefined || !isJudged(name, value)) return;
      held += value.length;
      if (held > heldLimitBytes) add("unscannable", `attributes of more than ${heldLimitBytes} bytes, such as ${path}`);
      else texts.push({ name, bytes: Buffer.from(value) });
    },
    unread: (path, what) => add("unscannable", `not read at ${path || "the root"}: ${what}`),
  });
  if (start > 0) add("suspicious", `${start} bytes in front of HDF5, for some other program`);
  for (const { name, bytes } of texts) await judgeText(name, bytes, { at, findings });
  return `HDF5, ${datasets} datasets`;
}

/** PyTables puts pickles into attributes, and takes them out again when anybody looks at one. */
function isJudged(name: string, value: Buffer): boolean {
  return configurations.includes(name) || name === "PSEUDOATOM" || value[0] === 0x80 || value.at(-1) === 0x2e;
}

async function judgeText(
  name: string,
  bytes: Buffer,
  { at, findings }: { readonly at: { readonly member?: string }; readonly findings: ScanFindings },
): Promise<void> {
  if (configurations.includes(name)) {
    let end = bytes.length;
    while (end > 0 && bytes[end - 1] === 0) end--;
    await scanKerasConfig(bytesReader(bytes.subarray(0, end)), at.member, findings);
  } else if (name === "PSEUDOATOM" && bytes.toString("latin1").startsWith("object")) {
    findings.add({ severity: "unscannable", reason: "arrays of PyTables that hold pickled objects", ...at });
  } else await scanPickles({ read: bytesReader(bytes), ...at, isGuess: bytes[0] !== 0x80 }, findings);
}
