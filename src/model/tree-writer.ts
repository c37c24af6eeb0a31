import { mkdirSync, openSync } from "node:fs";

/** Makes files in a tree, and the directories above them. Several threads may, each with a writer and files of its own. */
export class TreeWriter {
  readonly #root: string;
  readonly #made = new Set<string>();

  /** @param root - a directory that is there. */
  constructor(root: string) {
    this.#root = root;
  }

  /** Opens a new file for writing. The path is a checked one. */
  create(path: string): number {
    const parent = parentOf(path);
    if (parent !== "" && !this.#made.has(parent)) {
      mkdirSync(`${this.#root}/${parent}`, { recursive: true });
      this.#made.add(parent);
    }
    return openSync(`${this.#root}/${path}`, "wx", 0o644);
  }
}

/** The directory of a relative path; empty for what is in the root. */
export function parentOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf("/")));
}
