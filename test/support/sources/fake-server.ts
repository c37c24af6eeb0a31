import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** A server in this process that stands in for a place models are imported from. */
export interface FakeServer {
  readonly address: string;
  /** Answers by `path?query`, by path, or by a beginning that ends in a slash; a test changes what it is about. */
  readonly answers: Map<string, FakeAnswer>;
  /** Every request: method, path with query, and its Authorization. */
  readonly requests: { readonly method: string; readonly url: string; readonly authorization: string | undefined }[];
  close(): void;
}

/** JSON, or a whole answer. */
export type FakeAnswer =
  | object
  | { readonly status: number; readonly headers?: Record<string, string>; readonly body: string };

/** Starts one; what it has no answer for is not found. */
export async function startFakeServer(answers: Map<string, FakeAnswer>): Promise<FakeServer> {
  const requests: FakeServer["requests"][number][] = [];
  const server = createServer((request, response) => {
    const { method = "", url = "", headers } = request;
    requests.push({ method, url, authorization: headers.authorization });
    request.resume().on("end", () => reply(request, response, answers));
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  return {
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    answers,
    requests,
    close: () => void server.close(),
  };
}

function reply({ url = "" }: IncomingMessage, response: ServerResponse, answers: FakeServer["answers"]): void {
  const path = url.split("?")[0] ?? "";
  const beginning = [...answers.keys()].find((key) => key.endsWith("/") && path.startsWith(key));
  const answer =
    answers.get(url) ?? answers.get(path) ?? (beginning === undefined ? undefined : answers.get(beginning));
  const given = answer ?? { status: 404, body: '{"error_code":"RESOURCE_DOES_NOT_EXIST","message":"not found"}' };
  if ("status" in given && "body" in given) {
    const { status, body, headers = {} } = given as { status: number; body: string; headers?: Record<string, string> };
    response.writeHead(status, headers).end(body);
    return;
  }
  response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(given));
}
