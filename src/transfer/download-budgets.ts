import { Connections } from "./connections.ts";
import { FollowerPool } from "./follower.ts";
import { GatherBuffers } from "./gather-buffers.ts";

/** What all downloads of one command share: connections to the store, their memory, and threads that hash. */
export class DownloadBudgets {
  readonly connections: Connections;
  readonly followers: FollowerPool;
  readonly buffers = new GatherBuffers();

  /** @param options - numbers at most. Default: 16 connections, and as many threads as the machine has cores for. */
  constructor(options: { readonly connections?: number; readonly workers?: number } = {}) {
    const { connections, workers } = options;
    this.connections = new Connections(connections === undefined ? {} : { most: connections });
    this.followers = new FollowerPool(workers);
  }

  close(): Promise<void> {
    return this.followers.close();
  }
}
