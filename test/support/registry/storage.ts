import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { readBlob } from "./blobs.ts";
import type { RegistryOptions } from "./options.ts";
import type { RegistryState } from "./state.ts";

/** The object storage behind a registry: another origin that serves blobs to whoever has a signed URL. */
export interface BlobStorage {
  readonly url: string;
  close(): Promise<void>;
}

/** Starts one. Like S3 it answers 400 to a request that carries Authorization beside the signature. */
export async function startStorage(state: RegistryState, options: RegistryOptions): Promise<BlobStorage> {
  const server = createServer((request, response) => {
    const { url = "/", headers } = request;
    const match = /^\/(.+)\/([^/?]+)\?signature=secret$/.exec(url);
    const [name = "", target = ""] = match?.slice(1) ?? [];
    if (headers.authorization !== undefined || !match) {
      response.writeHead(400, { "content-type": "application/xml" }).end("<Error><Code>InvalidArgument</Code></Error>");
      return;
    }
    const answer = readBlob({ state, options, name, target, headers: headers as Record<string, string> });
    response.writeHead(answer.status, { ...answer.headers, "content-length": answer.body?.byteLength ?? 0 });
    response.end(answer.body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}
