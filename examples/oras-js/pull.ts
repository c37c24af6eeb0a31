/** `oras pull`: node pull.ts <host> <repository> <tag> <directory> */
import { pullModel } from "mreg/model";
import { RemoteRegistry } from "mreg/remote";

const [host = "", name = "", tag = "", directory = ""] = process.argv.slice(2);
const registry = new RemoteRegistry({ host });
const repository = registry.repository(name);

// Titled layers become files: verified, atomic, and never outside the directory, whatever the titles say.
const { files } = await pullModel(repository, await repository.resolve(tag), directory);

for (const { path, digest } of files) console.log(path, digest);
await registry.close();
