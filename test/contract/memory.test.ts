import type { Digest } from "../../src/base/digest.ts";
import { targetContract } from "../../src/contract/target-contract.ts";
import { MemoryRegistry } from "../../src/stores/memory/index.ts";

targetContract({
  name: "memory",
  atomicOnce: true,
  sha512: true,
  offers: [],
  async open() {
    const registry = new MemoryRegistry();
    return {
      registry,
      close: async () => {},
      async corrupt(repository: string, digest: Digest) {
        // A range is a view of the stored bytes, so that a test can reach them; readers get no view to write to.
        const whole = { mediaType: "application/octet-stream", digest, size: 0 };
        for await (const chunk of registry.repository(repository).fetchRange(whole, { start: 0, end: 1 })) {
          chunk[0] = (chunk[0] ?? 0) ^ 1;
        }
      },
    };
  },
});
