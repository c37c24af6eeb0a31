/** `oras push`: node push.ts <host> <repository> <tag> <file> */
import { emptyJson, fileLayer, manifestSource, packManifest } from "mreg/oci";
import { RemoteRegistry } from "mreg/remote";

const [host = "", name = "", tag = "", file = ""] = process.argv.slice(2);
const registry = new RemoteRegistry({ host });
const repository = registry.repository(name);

const layer = await fileLayer(file, "application/vnd.example.weights.v1");
const manifest = packManifest({ artifactType: "application/vnd.example.model.v1", layers: [layer.descriptor] });
for (const source of [emptyJson, layer, manifestSource(manifest)]) await repository.push(source);
await repository.tag(manifest.descriptor, tag);

console.log(manifest.descriptor.digest);
await registry.close();
