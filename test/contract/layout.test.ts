import { mkdtemp, open, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Digest, digestAlgorithm, digestHex } from "../../src/base/digest.ts";
import { targetContract } from "../../src/contract/target-contract.ts";
import { LayoutRegistry } from "../../src/stores/layout/index.ts";

targetContract({
  name: "layout",
  atomicOnce: true,
  sha512: true,
  offers: ["receive", "stage"],
  async open() {
    const root = await mkdtemp(join(tmpdir(), "mreg-layout-"));
    return {
      registry: new LayoutRegistry({ root }),
      close: () => rm(root, { recursive: true, force: true }),
      async corrupt(repository: string, digest: Digest) {
        const path = join(root, repository, "blobs", digestAlgorithm(digest), digestHex(digest));
        const file = await open(path, "r+");
        const { buffer } = await file.read(Buffer.alloc(1), 0, 1, 0);
        buffer[0] = (buffer[0] ?? 0) ^ 1;
        await file.write(buffer, 0, 1, 0);
        await file.close();
      },
    };
  },
});
