import type { IncomingMessage, ServerResponse } from "node:http";

/** An answer that leaves the registry out of it. */
type Answer = (request: IncomingMessage, response: ServerResponse) => void;

/** Answers with a status, headers and a body, in order. */
export function answer(
  status: number,
  headers: Record<string, string | string[]> = {},
  body: Uint8Array | string = "",
): Answer {
  return (request, response) => {
    request.resume();
    response.writeHead(status, { "content-length": String(Buffer.byteLength(body)), ...headers });
    response.end(request.method === "HEAD" ? undefined : body);
  };
}

/** Declares a whole body, sends the first bytes of it, and closes the connection in order (FIN, no reset). */
export function closeAfter(
  bytes: number,
  body: Uint8Array,
  status = 200,
  headers: Record<string, string> = {},
): Answer {
  return (_request, response) => {
    response.writeHead(status, { "content-length": String(body.byteLength), ...headers });
    response.flushHeaders();
    response.write(body.subarray(0, bytes), () => response.socket?.end());
  };
}

/** Sends the body one byte at a time, with a pause after each. */
export function drip(body: Uint8Array, everyMs: number, headers: Record<string, string> = {}): Answer {
  return (_request, response) => {
    response.writeHead(200, { "content-length": String(body.byteLength), ...headers });
    let at = 0;
    const timer = setInterval(() => response.write(body.subarray(at, ++at)), everyMs);
    response.once("close", () => clearInterval(timer));
  };
}

/** Sends these bytes as they are, HTTP or not; the connection stays open. */
export function raw(text: string): Answer {
  return (_request, response) => void response.socket?.write(text, "latin1");
}

/** Sends a header, one byte of it at a time, and never ends it. */
export function dripHeaders(everyMs: number): Answer {
  return (_request, response) => {
    response.socket?.write("HTTP/1.1 200 OK\r\nx-slow: ");
    const timer = setInterval(() => response.socket?.write("x"), everyMs);
    response.once("close", () => clearInterval(timer));
  };
}
