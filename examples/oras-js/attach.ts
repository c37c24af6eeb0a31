/** `oras attach`: node attach.ts <host> <repository> <tag> <artifact type> <file> */
import { attach, fileLayer } from "mreg/oci";
import { RemoteRegistry } from "mreg/remote";

const [host = "", name = "", tag = "", artifactType = "", file = ""] = process.argv.slice(2);
const registry = new RemoteRegistry({ host });
const repository = registry.repository(name);

const layers = [await fileLayer(file, "application/octet-stream")];
const attached = await attach(repository, await repository.resolve(tag), { artifactType, layers });

console.log(attached.digest);
await registry.close();
