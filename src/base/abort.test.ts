import { expect, test } from "vitest";
import { abortable } from "./abort.ts";
import { collect } from "./bytes.ts";

async function* three() {
  for (const byte of [1, 2, 3]) yield Uint8Array.of(byte);
}

test("abortable: passes everything on when nobody aborts", async () => {
  expect([...(await collect(abortable(three(), new AbortController().signal), 10))]).toEqual([1, 2, 3]);
  expect([...(await collect(abortable(three(), undefined), 10))]).toEqual([1, 2, 3]);
});

test("abortable: does not open the source under an aborted signal", async () => {
  let opened = false;
  async function* source() {
    opened = true;
    yield Uint8Array.of(1);
  }
  const reason = new Error("enough");
  await expect(collect(abortable(source(), AbortSignal.abort(reason)), 10)).rejects.toBe(reason);
  expect(opened).toBe(false);
});

for (const stopAt of [1, 2, 3]) {
  test(`abortable: ends with the reason when chunk ${stopAt} of 3 makes the reader stop`, async () => {
    const stop = new AbortController();
    const reason = new Error("enough");
    const read: number[] = [];
    const work = async () => {
      for await (const chunk of abortable(three(), stop.signal)) {
        read.push(chunk[0] as number);
        if (chunk[0] === stopAt) stop.abort(reason);
      }
    };
    await expect(work()).rejects.toBe(reason);
    expect(read).toHaveLength(stopAt);
  });
}
