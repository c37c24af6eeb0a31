import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Digest, digestAlgorithm, digestHex } from "../../src/base/digest.ts";
import { LayoutRegistry, type LayoutRepository } from "../../src/stores/layout/index.ts";

/** A layout registry in a fresh directory, with a look at its files. */
export interface LayoutDirectoryFixture extends AsyncDisposable {
  readonly root: string;
  readonly registry: LayoutRegistry;
  /** The repository `risk`. */
  readonly risk: LayoutRepository;
  /** A path inside of `risk`. */
  path(...names: readonly string[]): string;
  blobPath(digest: Digest): string;
  readIndex(): Promise<{ manifests: Record<string, unknown>[]; [key: string]: unknown }>;
  /** Writes index.json; text goes as it is. */
  writeIndex(index: unknown): Promise<void>;
}

export async function layoutDirectory(options: { lockWaitMs?: number } = {}): Promise<LayoutDirectoryFixture> {
  const root = await mkdtemp(join(tmpdir(), "mreg-layout-"));
  const registry = new LayoutRegistry({ root, ...options });
  const path = (...names: readonly string[]) => join(root, "risk", ...names);
  return {
    root,
    registry,
    risk: registry.repository("risk"),
    path,
    blobPath: (digest) => path("blobs", digestAlgorithm(digest), digestHex(digest)),
    readIndex: async () => JSON.parse(await readFile(path("index.json"), "utf8")),
    writeIndex: (index) => writeFile(path("index.json"), typeof index === "string" ? index : JSON.stringify(index)),
    [Symbol.asyncDispose]: () => rm(root, { recursive: true, force: true }),
  };
}
