import type { Socket } from "node:net";
import type { buildConnector } from "undici";
import type { ByteSink } from "../../../oci/content.ts";
import { responseHeadLimitBytes } from "../limits.ts";
import { pourInto } from "./response.ts";
import { parseResponseHead, type ResponseHead } from "./response-head.ts";

/** Makes the connector of one connection, which hands its bytes straight to a reader. */
export type ConnectorOf = (onread: OnRead) => buildConnector.connector;
export interface OnRead {
  readonly buffer: () => Uint8Array;
  readonly callback: (count: number) => boolean;
}

/** Told about bytes of an answer as they come. */
export type Progress = (count: number) => void;

/** What a socket's next bytes are; `pending`: of a body that nobody has begun to read. */
type Expected =
  | { readonly kind: "nothing" }
  | { readonly kind: "head"; readonly settle: (head: ResponseHead | undefined) => void }
  | { readonly kind: "pending" }
  | { readonly kind: "body"; readonly sink: ByteSink; rest: number; readonly settle: () => void };

const headEnd = Buffer.from("\r\n\r\n");

/**
 * One connection that sends GET requests and reads plain answers (see {@link parseResponseHead}), their bodies straight
 * from the system into the reader's memory. That saves two thirds of the time of receiving (docs/decisions/007).
 *
 * One request at a time. After a failure, an answer of another form, or a body that was not read to its end it is
 * closed.
 */
export class Wire {
  readonly origin: string;
  readonly #own = Buffer.allocUnsafeSlow(responseHeadLimitBytes);
  /** Of the head, in `#own`. */
  #headBytes = 0;
  /** Of the body, come before anybody read it: in one piece with the head, mostly. */
  #early = Buffer.alloc(0);
  /** Where the system puts the next bytes. It is told after each time, for the next. */
  #lent: Uint8Array = this.#own;
  #socket: Socket | undefined;
  #expected: Expected = { kind: "nothing" };
  #failure: Error | undefined;
  #fail: ((error: unknown) => void) | undefined;
  #onProgress: Progress | undefined;
  #isReusable = false;

  constructor(origin: string) {
    this.origin = origin;
  }

  /** Connects. @throws what Node or OpenSSL threw. */
  connect(connectorOf: ConnectorOf): Promise<void> {
    const { protocol, hostname, port, host } = new URL(this.origin);
    const connector = connectorOf({ buffer: () => this.#room(), callback: (count) => this.#came(count) });
    return new Promise((resolve, reject) => {
      connector({ protocol, hostname: hostname.replace(/^\[|\]$/g, ""), host, port }, (error, socket) => {
        if (error) return reject(error);
        this.#socket = socket;
        socket.on("error", (cause) => this.close(cause));
        socket.once("end", () => this.close());
        socket.once("close", () => this.close());
        resolve();
      });
    });
  }

  /** The connection has answered as it should and waits for the next request. */
  get isReusable(): boolean {
    return this.#isReusable && this.#failure === undefined && this.#expected.kind === "nothing";
  }

  /**
   * Sends a GET request and reads the head of the answer.
   *
   * @param text - the request's own head.
   * @returns undefined when the answer has another form than the plain one.
   * @throws what ended the connection before the head was complete.
   */
  async ask(text: string, onProgress: Progress): Promise<ResponseHead | undefined> {
    this.#onProgress = onProgress;
    const answered = this.#until<ResponseHead | undefined>((settle) => ({ kind: "head", settle }));
    this.#socket?.write(text, "latin1");
    this.#socket?.resume();
    const head = await answered;
    this.#isReusable = head?.isKeptAlive ?? false;
    if (!head) this.close();
    return head;
  }

  /**
   * Reads the body of the last answer.
   *
   * Ends early when the sink wants no more; the connection is closed then.
   *
   * @param length - as announced.
   * @throws what ended the connection before.
   */
  async read(sink: ByteSink, length: number): Promise<void> {
    const early = this.#early;
    this.#early = Buffer.alloc(0);
    // What is behind the body would be taken for the next answer.
    if (early.byteLength > length) this.close();
    const isWanted = pourInto(sink, early.subarray(0, length));
    if (early.byteLength >= length) {
      if (this.#expected.kind === "pending") this.#expected = { kind: "nothing" };
      return;
    }
    if (!isWanted) return this.close();
    const rest = length - early.byteLength;
    const done = this.#until<void>((settle) => ({ kind: "body", sink, rest, settle }));
    this.#socket?.resume();
    await done;
  }

  /** For good. */
  close(cause: unknown = Object.assign(new Error("closed early"), { code: "UND_ERR_SOCKET" })): void {
    this.#failure ??= cause instanceof Error ? cause : new Error(String(cause));
    this.#isReusable = false;
    this.#expected = { kind: "nothing" };
    this.#socket?.destroy();
    this.#fail?.(this.#failure);
  }

  /** Whether a process that waits for nothing else may end. */
  rest(isResting: boolean): void {
    if (isResting) this.#socket?.unref();
    else this.#socket?.ref();
  }

  #until<T>(expect: (settle: (result: T) => void) => Expected): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      if (this.#failure !== undefined) return reject(this.#failure);
      this.#fail = reject;
      this.#expected = expect(resolve);
    });
  }

  #room(): Uint8Array {
    const expected = this.#expected;
    if (expected.kind === "body") this.#lent = expected.sink.room().subarray(0, expected.rest);
    else this.#lent = this.#own.subarray(expected.kind === "head" ? this.#headBytes : 0);
    return this.#lent;
  }

  /** @returns false to be told of no more until `resume`; what has been read already still comes. */
  #came(count: number): boolean {
    this.#onProgress?.(count);
    try {
      return this.#take(count);
    } catch (error) {
      // The sink's: a full disk. Thrown here, it would end the process.
      this.close(error);
      return false;
    }
  }

  #take(count: number): boolean {
    const expected = this.#expected;
    switch (expected.kind) {
      case "head":
        return this.#takeHead(count, expected.settle);
      case "body":
        return this.#takeBody(count, expected);
      case "pending":
        this.#early = Buffer.concat([this.#early, this.#lent.subarray(0, count)]);
        return false;
      case "nothing":
        // Nobody asked.
        this.close();
        return false;
    }
  }

  #takeHead(count: number, settle: (head: ResponseHead | undefined) => void): boolean {
    const from = Math.max(0, this.#headBytes - headEnd.byteLength);
    this.#headBytes += count;
    const came = this.#own.subarray(0, this.#headBytes);
    const end = came.indexOf(headEnd, from);
    if (end < 0 && this.#headBytes < this.#own.byteLength) return true;
    this.#headBytes = 0;
    this.#expected = { kind: "pending" };
    this.#early = Buffer.from(came.subarray(end + headEnd.byteLength));
    settle(end < 0 ? undefined : parseResponseHead(came.toString("latin1", 0, end)));
    return false;
  }

  #takeBody(count: number, body: Extract<Expected, { kind: "body" }>): boolean {
    const isOwn = this.#lent.buffer === this.#own.buffer;
    const taken = Math.min(count, body.rest);
    const isWanted = isOwn ? pourInto(body.sink, this.#own.subarray(0, taken)) : body.sink.filled(count);
    body.rest -= taken;
    if (body.rest > 0 && isWanted) return true;
    this.#expected = { kind: "nothing" };
    body.settle();
    // After a body that was not read to its end, or with bytes behind it, nothing on this connection means anything.
    if (body.rest > 0 || count > taken) this.close();
    return true;
  }
}
