import { describe, expect, it } from "vitest";
import { z } from "zod";
import { bytesOf, rejectsWith } from "../../../test/support/expect.ts";
import type { ByteStream } from "../../base/bytes.ts";
import { HttpSource } from "./http-source.ts";

/** A source that sends a few bytes and then nothing, until it is told to fail or the caller has had enough. */
function stalling(failure?: Error) {
  const fetch = (_url: string, { signal }: RequestInit) => {
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        controller.enqueue(Buffer.from("{"));
        if (failure) setImmediate(() => controller.error(failure));
        signal?.addEventListener("abort", () => controller.error(signal.reason));
      },
    });
    return Promise.resolve(new Response(body));
  };
  return new HttpSource({ name: "server", address: "https://server.example.com", fetch });
}

async function opened(source: HttpSource, signal?: AbortSignal): Promise<ByteStream> {
  const content = await source.content({ url: "/x", signal });
  if (!content) throw new Error("no content");
  return content.body;
}

describe("a body that breaks off", () => {
  it("is the source's failure, of content and of JSON", async () => {
    const broken = () => stalling(new Error("terminated"));
    await rejectsWith(bytesOf(await opened(broken())), "SOURCE_UNAVAILABLE");
    await rejectsWith(broken().json({ url: "/x" }, z.json()), "SOURCE_UNAVAILABLE");
  });

  it("is an interruption where the caller interrupted", async () => {
    const interrupt = new AbortController();
    const reading = bytesOf(await opened(stalling(), interrupt.signal));
    interrupt.abort(new DOMException("interrupted", "AbortError"));
    await expect(reading).rejects.toMatchObject({ name: "AbortError" });
  });
});
