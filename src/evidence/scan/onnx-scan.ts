import { pathProblem } from "../../model/file-path.ts";
import { describeOnnx } from "../../model/formats/onnx.ts";
import { memberOf, type ScanContent } from "./content.ts";
import type { ScanFindings } from "./verdict.ts";

/** Domains of operators that ONNX Runtime has built in. */
const standardDomains =
  /^(?:ai\.onnx(?:\.ml|\.training|\.preview\.training)?|com\.microsoft(?:\.\w+)?|org\.pytorch\.aten|pkg\.\S+)$/;

/** A model in ONNX is data; what it says of files beside it is where a loader is led astray. */
export async function scanOnnx(content: ScanContent, findings: ScanFindings): Promise<string> {
  const { tensors, external, domains } = await describeOnnx(content.read);
  const { context } = content;
  const add = (severity: "dangerous" | "suspicious", reason: string) =>
    findings.add({ severity, reason, ...memberOf(content) });
  const directory = content.path.slice(0, content.path.lastIndexOf("/") + 1);
  for (const { location, offset, bytes } of external) {
    const name = JSON.stringify(location.slice(0, 200));
    if (pathProblem(location) !== undefined) {
      add("dangerous", `reads tensors from ${name}, outside of the model`);
      continue;
    }
    const path = directory + location;
    const size = context?.sizeOf(path);
    if (context && size === undefined) add("suspicious", `reads tensors from ${name}, which is not there`);
    else if (size !== undefined && offset + (bytes ?? 0) > size) {
      add("dangerous", `reads ${bytes ?? 0} bytes at ${offset} of ${name}, which has ${size}`);
    }
    context?.claim(path, content.path, { offset, ...(bytes === undefined ? {} : { bytes }) });
  }
  const foreign = domains.filter((domain) => !standardDomains.test(domain));
  if (foreign.length > 0) {
    add("suspicious", `needs operators of ${foreign.slice(0, 5).join(", ")}, which come with libraries of code`);
  }
  return `onnx, ${tensors.length} tensors`;
}
