import { mkdir } from "node:fs/promises";
import { join, resolve } from "node:path";
import { writeFileAtomic } from "../../base/atomic-file.ts";
import { type Digest, digestAlgorithm, digestHex } from "../../base/digest.ts";
import { parseStrictJson } from "../../base/json.ts";
import { objectAt, textAt } from "../../base/shape.ts";
import { InvalidInputError, StoreError } from "../../oci/errors.ts";
import { checkRepositoryName } from "../../oci/reference.ts";
import { look, readRegular } from "./files.ts";
import { layoutFileLimitBytes, nameDepthLimit } from "./limits.ts";
import { fileLockNames } from "./lock.ts";

const layoutVersion = "1.0.0";

/** Names a layout needs for itself: a repository called `a/blobs` would lie among the blobs of `a`. */
const reservedNames: readonly string[] = ["blobs", "index.json", ...fileLockNames("index.json"), "oci-layout"];

/**
 * Refuses repository names that have no directory of their own.
 *
 * @throws {@link InvalidInputError} `INVALID_REFERENCE`.
 */
export function checkLayoutName(name: string): string {
  const components = checkRepositoryName(name).split("/");
  const reserved = components.find((component) => reservedNames.includes(component));
  if (reserved === undefined && components.length <= nameDepthLimit) return name;
  const reason = reserved ? `${reserved} is reserved in a layout` : `expected at most ${nameDepthLimit} components`;
  throw new InvalidInputError("INVALID_REFERENCE", `malformed repository name ${JSON.stringify(name)}: ${reason}`);
}

/**
 * The directory of one repository, an OCI image layout.
 *
 * A path is made of the root, a checked name and a checked digest only, so none leads out by its text. Symbolic links
 * below the root are refused, not followed, as they stand when the call begins. Not defended: somebody who may write
 * into the directory swapping a directory for a link while mreg works in it; he could as well change the files.
 *
 * @see {@link https://github.com/opencontainers/image-spec/blob/v1.1.1/image-layout.md}
 */
export class LayoutDirectory {
  readonly path: string;
  readonly #ancestors: readonly string[];

  constructor(root: string, name: string) {
    const components = checkLayoutName(name).split("/");
    const top = resolve(root);
    this.path = join(top, ...components);
    this.#ancestors = components.map((_, at) => join(top, ...components.slice(0, at + 1)));
  }

  get indexPath(): string {
    return join(this.path, "index.json");
  }

  /**
   * Where files are written before they are verified. zot keeps its own there, and looks for none of its repositories.
   */
  get uploadsPath(): string {
    return join(this.path, ".uploads");
  }

  blobPath(digest: Digest): string {
    return join(this.path, "blobs", digestAlgorithm(digest), digestHex(digest));
  }

  /**
   * Tells whether there is a layout here that mreg can read. Never creates anything.
   *
   * @throws {@link StoreError} `UNSUPPORTED` for another layout version, or a symbolic link where a directory belongs.
   * @throws {@link InvalidInputError} `INVALID_MANIFEST` when the oci-layout file is not what the specification says.
   */
  async exists(): Promise<boolean> {
    const directories = [...this.#ancestors, join(this.path, "blobs"), this.uploadsPath];
    for (const algorithm of ["sha256", "sha512"]) directories.push(join(this.path, "blobs", algorithm));
    for (const path of directories) {
      const found = await look(path);
      if (found?.kind === "other") throw new StoreError("UNSUPPORTED", `${path} is a link, which is not followed`);
    }
    const bytes = await readRegular(join(this.path, "oci-layout"), layoutFileLimitBytes);
    if (!bytes) return false;
    const version = parseLayoutFile(bytes);
    if (version === layoutVersion) return true;
    throw new StoreError("UNSUPPORTED", `${this.path} has layout version ${version}, expected ${layoutVersion}`);
  }

  /** Makes the directories of a layout, which is not one yet. {@link exists} has looked for links before. */
  async prepare(): Promise<void> {
    await mkdir(join(this.path, "blobs", "sha256"), { recursive: true });
  }

  /** Makes an empty layout. The oci-layout file comes last: without it, readers take the directory for nothing. */
  async create(emptyIndex: string): Promise<void> {
    if (!(await look(this.indexPath))) await this.writeFile(this.indexPath, emptyIndex);
    await this.writeFile(join(this.path, "oci-layout"), JSON.stringify({ imageLayoutVersion: layoutVersion }));
  }

  /** Replaces a file of the layout atomically. */
  async writeFile(path: string, content: string): Promise<void> {
    await writeFileAtomic(path, content, { temporaryDirectory: this.uploadsPath });
  }
}

function parseLayoutFile(bytes: Uint8Array): string {
  try {
    const { imageLayoutVersion } = objectAt(parseStrictJson(bytes), "");
    return textAt(imageLayoutVersion, "imageLayoutVersion").slice(0, 100);
  } catch (cause) {
    throw new InvalidInputError("INVALID_MANIFEST", "invalid oci-layout file, expected imageLayoutVersion", { cause });
  }
}
