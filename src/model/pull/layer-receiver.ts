import { join } from "node:path";
import { type Digest, digestHex } from "../../base/digest.ts";
import type { Descriptor } from "../../oci/descriptor.ts";
import type { ContentCache } from "../../transfer/content-cache.ts";
import type { DownloadBudgets } from "../../transfer/download-budgets.ts";
import { type DownloadedFile, type DownloadStore, downloadFile } from "../../transfer/download-file.ts";
import type { LocalPiece } from "../../transfer/pieces/index.ts";
import { named } from "../push/hash-pass.ts";
import type { ModelViewFile } from "../view.ts";
import type { TargetDirectory, WantedFile } from "./target-directory.ts";

/** A layer that is to become a file. */
export interface WantedLayer extends WantedFile {
  readonly descriptor: Descriptor;
}

/** The layer itself as a file, also of an archive. */
export function layerOf({ path, descriptor }: ModelViewFile): WantedLayer {
  return { path, digest: descriptor.digest, size: descriptor.size, descriptor };
}

export interface LayerReceiverParts {
  readonly store: DownloadStore;
  readonly directory: TargetDirectory;
  readonly budgets: DownloadBudgets;
  readonly cache: ContentCache | undefined;
  readonly isDurable: boolean | undefined;
  /** Told about bytes of a path that are in place since the last call; negative when they were of no use. */
  readonly onBytes: (path: string, count: number) => void;
}

export interface ReceiveOptions {
  readonly signal: AbortSignal;
  /** A file with this very content. */
  readonly twin?: string | undefined;
  /** Instead of what holds for all layers. */
  readonly isDurable?: boolean | undefined;
}

/** Brings layers into the directory: from the cache, from files on this machine, else from the store. */
export class LayerReceiver {
  /** Bytes of contents that are in files on this machine. They are copied, and the digest of the whole decides. */
  reuse: ReadonlyMap<Digest, readonly LocalPiece[]> = new Map();
  readonly #parts: LayerReceiverParts;
  /** The last file of each content: another one is made of it, when it is in place. */
  readonly #placed = new Map<Digest, Promise<string | undefined>>();

  constructor(parts: LayerReceiverParts) {
    this.#parts = parts;
  }

  /** Puts a layer under its checked path. What is wrong with its content is reported under that. */
  place(layer: WantedLayer, signal: AbortSignal): Promise<DownloadedFile> {
    const { directory } = this.#parts;
    const before = this.#placed.get(layer.digest) ?? Promise.resolve(undefined);
    const work = before.then(async (twin) => {
      const received = await this.receive(layer, directory.partialPath(layer.digest), { twin, signal });
      directory.place(layer.path, received.location);
      await this.#parts.cache?.keep(layer.digest, directory.location(layer.path));
      return received;
    });
    const location = directory.location(layer.path);
    this.#placed.set(
      layer.digest,
      work.then(
        () => location,
        () => undefined,
      ),
    );
    return work;
  }

  /** Brings a layer to a path in the staging directory, or says where else it is there. */
  async receive(
    layer: WantedLayer,
    path: string,
    { twin, signal, isDurable = this.#parts.isDurable }: ReceiveOptions,
  ): Promise<DownloadedFile & { readonly location: string }> {
    const { store, budgets, onBytes } = this.#parts;
    const { digest, size, descriptor } = layer;
    const cached = await this.#cached(layer, signal);
    if (cached !== undefined) return { location: cached, received: 0, reused: size, resumed: 0, fellBack: false };
    const reuse = twin ? [{ start: 0, end: size, location: twin, offset: 0 }] : this.reuse.get(digest);
    const target = { ...descriptor, digest, size };
    const downloaded = await named(layer.path, () =>
      downloadFile({
        store,
        target,
        path,
        reuse,
        budgets,
        isDurable,
        signal,
        onBytes: (count) => onBytes(layer.path, count),
      }),
    );
    return { ...downloaded, location: path };
  }

  async #cached({ path, digest, size }: WantedLayer, signal: AbortSignal): Promise<string | undefined> {
    const { cache, directory, onBytes } = this.#parts;
    const location = join(directory.staging, `${digestHex(digest)}.cached`);
    if (!cache || !(await cache.take(digest, size, location, signal))) return undefined;
    onBytes(path, size);
    return location;
  }
}
