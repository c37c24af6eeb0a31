import { mkdir, readdir, utimes, writeFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { seededBlob } from "../../../test/support/fixtures.ts";
import { layoutDirectory } from "../../../test/support/layout-directory.ts";
import { sweepUploads } from "./uploads.ts";

const day = 24 * 60 * 60;
const now = 1_800_000_000;

test("what a killed upload left behind goes after a day; what lives, and what others wrote, stays", async () => {
  await using layout = await layoutDirectory();
  await mkdir(layout.path(".uploads"), { recursive: true });
  const ages = {
    ".aaaa.0123456789ab.tmp": day + 60,
    ".bbbb.0123456789ab.tmp": day - 60,
    "5b1c0c8e-zot-session": 30 * day,
    ".index.json.0123456789ab.tmp": 0,
  };
  for (const [name, age] of Object.entries(ages)) {
    await writeFile(layout.path(".uploads", name), "x");
    await utimes(layout.path(".uploads", name), now - age, now - age);
  }
  await utimes(layout.path(".uploads"), now, now);
  await sweepUploads(layout.path(".uploads"));
  expect((await readdir(layout.path(".uploads"))).sort()).toEqual(
    [".bbbb.0123456789ab.tmp", ".index.json.0123456789ab.tmp", "5b1c0c8e-zot-session"].sort(),
  );
});

test("a push sweeps, and leaves no temporary file itself", async () => {
  await using layout = await layoutDirectory();
  await layout.risk.push(seededBlob(1));
  await writeFile(layout.path(".uploads", ".left.0123456789ab.tmp"), "x");
  await utimes(layout.path(".uploads", ".left.0123456789ab.tmp"), 1, 1);
  await layout.risk.push(seededBlob(2));
  expect(await readdir(layout.path(".uploads"))).toEqual([]);
});
