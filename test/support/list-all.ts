/**
 * A process of its own that lists a repository of a registry: `list-all.ts <host> <repository> <tag>`.
 *
 * Prints how many tags there are, and how many manifests refer to the one that the tag names.
 */
import { argv } from "node:process";
import { RemoteRegistry } from "../../src/stores/remote/index.ts";

const [host = "", name = "", tag = ""] = argv.slice(2);
const registry = new RemoteRegistry({ host });
const repository = registry.repository(name);
const counts = {
  tags: await count(repository.tags()),
  referrers: await count(repository.referrers(await repository.resolve(tag))),
};
await registry.close();
console.log(JSON.stringify(counts));

async function count(list: AsyncIterable<unknown>): Promise<number> {
  let found = 0;
  for await (const _entry of list) found++;
  return found;
}
