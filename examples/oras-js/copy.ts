/** `oras cp -r` into an OCI layout: node copy.ts <host> <repository> <tag> <directory> */
import { LayoutRegistry } from "mreg/layout";
import { copy } from "mreg/oci";
import { RemoteRegistry } from "mreg/remote";

const [host = "", name = "", tag = "", directory = ""] = process.argv.slice(2);
const registry = new RemoteRegistry({ host });
const source = registry.repository(name);
const destination = new LayoutRegistry({ root: directory }).repository(name);

const report = await copy(source, destination, await source.resolve(tag), { referrers: true, tag });

console.log(`${report.manifests.copied} manifests, ${report.blobs.copied} blobs, ${report.bytes} bytes`);
await registry.close();
