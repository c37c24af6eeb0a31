import type { DownloadedFile } from "../../transfer/download-file.ts";
import { type LayerReceiver, layerOf } from "../pull/layer-receiver.ts";
import type { TargetDirectory, WantedFile } from "../pull/target-directory.ts";
import type { ModelViewFile } from "../view.ts";
import { expandArchive } from "./expand-archive.ts";
import { restoreArchive } from "./restore-archive.ts";
import { type HashedMember, listArchive } from "./tar-archive.ts";

export interface StagingParts {
  readonly directory: TargetDirectory;
  readonly layers: LayerReceiver;
  readonly signal: AbortSignal;
}

export interface RestoreMembersOptions {
  readonly signal: AbortSignal;
  /** Flush large members to the disk. Default true. */
  readonly isDurable?: boolean | undefined;
  /** Told when a file is complete; it has its name when all have. */
  readonly onFile: (file: WantedFile) => void;
}

/**
 * An archive of a model in the staging directory, complete and verified: what it holds is known once it is here, so it
 * is fetched first and its members are chosen then.
 */
export class StagedArchive {
  /** Paths are the archive's word: to be checked before anything is written. */
  readonly members: readonly HashedMember[];
  readonly downloaded: DownloadedFile;
  readonly #location: string;

  private constructor(location: string, members: readonly HashedMember[], downloaded: DownloadedFile) {
    this.#location = location;
    this.members = members;
    this.downloaded = downloaded;
  }

  /**
   * Fetches an archive, and lists and hashes what it holds.
   *
   * @throws {@link ModelError} `PATH_ESCAPE` for anything but files and directories in it, `CONFIG_INVALID` for a
   * damaged one.
   * @throws {@link ContentError} `LIMIT_EXCEEDED` for a bomb, or when the store yields other bytes.
   */
  static async open(file: ModelViewFile, { directory, layers, signal }: StagingParts): Promise<StagedArchive> {
    const layer = layerOf(file);
    const { archive: encoding = "tar", path: name } = file;
    const partial = directory.partialPath(layer.digest);
    // Gone again before the pull ends: not worth a flush.
    const received = await layers.receive(layer, partial, { signal, isDurable: false });
    const location = await expandArchive(received.location, { encoding, size: layer.size, name }, { signal });
    return new StagedArchive(location, await listArchive(location, name), received);
  }

  /** Writes members with checked paths into the directory; none of them has its name before all have. */
  async restore(
    members: readonly HashedMember[],
    directory: TargetDirectory,
    options: RestoreMembersOptions,
  ): Promise<void> {
    if (members.length === 0) return;
    const tree = directory.newTree();
    await restoreArchive(this.#location, members, tree, options);
    await directory.placeTree(tree);
  }
}
