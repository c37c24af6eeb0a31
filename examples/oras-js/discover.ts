/** `oras discover`: node discover.ts <host> <repository> <tag> */
import { type ReferrerNode, referrerTree } from "mreg/oci";
import { RemoteRegistry } from "mreg/remote";

const [host = "", name = "", tag = ""] = process.argv.slice(2);
const registry = new RemoteRegistry({ host });
const repository = registry.repository(name);

const print = ({ descriptor, referrers }: ReferrerNode, indent = ""): void => {
  console.log(`${indent}${descriptor.artifactType ?? descriptor.mediaType} ${descriptor.digest}`);
  for (const referrer of referrers) print(referrer, `${indent}  `);
};
print(await referrerTree(repository, await repository.resolve(tag)));
await registry.close();
