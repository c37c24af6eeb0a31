/**
 * The library in one page: push a directory, pull it back, find out who is who.
 *
 * Usage: node examples/push-and-pull.ts <model directory> <store directory> <output directory>
 */
import { openTarget, pullModel, pushModel } from "mreg";

const [model, store, output] = process.argv.slice(2);
if (!model || !store || !output) throw new Error("expected three directories");

const registry = await openTarget(`oci:${store}`);
const risk = registry.repository("risk");

const { artifact, version } = await pushModel(risk, { paths: [model], name: risk.name, owner: "risk-team" });
console.log(`${risk.name}:${version} is ${artifact.manifest.descriptor.digest}`);

const pulled = await pullModel(risk, await risk.resolve(version), output, {
  onEvent: (event) => {
    if (event.type === "file") console.log(`${event.path}: ${event.outcome}`);
  },
});
console.log(`${pulled.files.length} files in ${pulled.directory}`);
await registry.close();
