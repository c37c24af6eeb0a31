import { mkdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { listOf } from "../../../test/support/expect.ts";
import { seededBlob } from "../../../test/support/fixtures.ts";
import { layoutDirectory } from "../../../test/support/layout-directory.ts";
import { LayoutRegistry } from "./registry.ts";

test("repositories: finds layouts at every level, parents first, and nothing else", async () => {
  await using layout = await layoutDirectory();
  for (const name of ["b", "a/inner", "a", "deep/er/est"]) await layout.registry.repository(name).push(seededBlob(1));
  await mkdir(join(layout.root, "empty", "oci-layout"), { recursive: true });
  for (const name of ["Upper", ".hidden", join("a", "blobs", "sha256", "x"), join("a", ".uploads", "y")]) {
    await mkdir(join(layout.root, name), { recursive: true });
    await writeFile(join(layout.root, name, "oci-layout"), `{"imageLayoutVersion":"1.0.0"}`);
  }
  await symlink(join(layout.root, "a"), join(layout.root, "link"));
  await writeFile(join(layout.root, "oci-layout"), `{"imageLayoutVersion":"1.0.0"}`);
  expect(await listOf(layout.registry.repositories())).toEqual(["a", "a/inner", "b", "deep/er/est"]);
});

test("repositories: none where the root is not there", async () => {
  await using layout = await layoutDirectory();
  expect(await listOf(new LayoutRegistry({ root: join(layout.root, "none") }).repositories())).toEqual([]);
});

test("repositories: what one registry lists, another opens at its location", async () => {
  await using layout = await layoutDirectory();
  await layout.registry.repository("ml/risk").push(seededBlob(1));
  expect(layout.registry.repository("ml/risk").location).toBe(`oci:${layout.root}/ml/risk`);
  const inner = new LayoutRegistry({ root: join(layout.root, "ml") });
  expect(await inner.repository("risk").exists(seededBlob(1).descriptor)).toBe(true);
});

test("repository: one object per name, so that its writers queue up instead of competing", async () => {
  await using layout = await layoutDirectory();
  expect(layout.registry.repository("risk")).toBe(layout.risk);
});
