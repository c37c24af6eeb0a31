import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { AnySchemaObject } from "ajv";
import { Ajv2020 } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import { describe, expect, test } from "vitest";
import { buildModel, type ModelArtifact, type ModelInput } from "../../src/model/index.ts";
import { bytesOf } from "../support/expect.ts";
import { writeTinyGguf, writeTinyModel } from "../support/models.ts";
import { missingSchemas, ociSchemas } from "../support/oci-schemas.ts";
import { scratchDirectory, writeTree } from "../support/scratch.ts";

/** Everything a caller can say. */
const full: Omit<ModelInput, "paths"> = {
  name: "ml/tiny",
  owner: "risk",
  version: "4",
  created: "2026-01-31T12:00:00Z",
  licenses: ["Apache-2.0"],
  source: "https://example.com/code",
  revision: "0123abc",
  base: { name: "example/base", digest: `sha256:${"0".repeat(64)}` },
  annotations: { "com.example.ticket": "7" },
};

async function build(input: Partial<ModelInput> = {}): Promise<ModelArtifact> {
  const directory = await scratchDirectory();
  await writeTinyModel(directory, { seed: 1 });
  return buildModel({ paths: [directory], name: "ml/tiny", ...input });
}

async function buildMany(): Promise<ModelArtifact> {
  const directory = await scratchDirectory();
  const names = Array.from({ length: 300 }, (_, index) => `cfg/${index % 7 === 0 ? "grün/" : ""}${index}.json`);
  await writeTree(directory, Object.fromEntries(names.map((name) => [name, `"${name}"`])));
  await writeTinyGguf(join(directory, "tiny.gguf"), { seed: 1 });
  return buildModel({ paths: [directory], name: "many" });
}

const configText = async ({ config }: ModelArtifact) => (await bytesOf(config.open())).toString();

/**
 * Digests that published models depend on: whoever pushes the same files again must meet the same version. When one of
 * these changes, mreg has broken its promise; a new format needs a new case, not a new number here.
 */
describe("golden: the same files have the same digest on every machine and in every release", () => {
  test("a small model", async () => {
    const artifact = await build();
    expect(await configText(artifact)).toBe(
      '{"descriptor":{"family":"bert","name":"ml/tiny"},"config":{"architecture":"TinyBertModel","format":"safetensors","paramSize":"8.4K","precision":"float32"},"modelfs":{"type":"layers","diffIds":["sha256:7cb98f3e41deece74c334b86e12b252002ec126e48f68618d031e700719706e0","sha256:3ea62f20e51b4e975c331a1c7a08ecc53f666d34b6c29a83f6803e6caf20efbf","sha256:01a0cdd813416dd8cbb2e78184f87120fa5eada07fc06f08b631ba495a4bf374","sha256:294f8376433f9930b3dc4291f2733fe68dbba5300e8d48593fde4ec3a112c3a2","sha256:ee6d3d0672d8ca71980013d6becfdd8758c15a55f2b2061a2448a69fc19cd105","sha256:a41c49473c05fe0bd3d928981c5a2b29a7db823cc0ba03ccf179d0cf680d7a83"]}}',
    );
    expect(artifact.fileSet).toBe("sha256:e81d71cc061d94f12e4103bb1f948bdeb2c182291fd128bfc0b247992a40cc25");
    expect(artifact.manifest.descriptor.digest).toBe(
      "sha256:9d3905668626b9f98ae1452aae6dacd0123562c1b1aac97a7a59c08b0f017cf0",
    );
  });

  test("a small model with everything said about it", async () => {
    expect((await build(full)).manifest.descriptor.digest).toBe(
      "sha256:534041dc305f9c1a90dfb5b6cbd9bf85d2ce07579a463e478f2389d7bb43d97f",
    );
  });

  test("300 small files in a tar, and GGUF weights", async () => {
    const artifact = await buildMany();
    expect(artifact.layers[0]?.descriptor.digest).toBe(
      "sha256:be8bc47ec0d86d0b0289321c64bd031a19d5faeb8b887dcf8d0fac25f4001c38",
    );
    expect(artifact.manifest.descriptor.digest).toBe(
      "sha256:207146e638e2316d56a523e28777f735e7ed86dbea4de8a08dc4ab680a9560e4",
    );
  });
});

const vectors = join(import.meta.dirname, "../../../shared/vectors");
const load = (path: string) => JSON.parse(readFileSync(join(vectors, path), "utf8")) as AnySchemaObject;
const artifacts = async () => [await build(), await build(full), await buildMany()];

test("published schema: the ModelPack config is valid, and the schema would refuse a foreign key", async (context) => {
  context.skip(!existsSync(join(vectors, "modelpack")), "../shared/vectors/modelpack is not there");
  const ajv = new Ajv2020({ strict: false });
  addFormats.default(ajv);
  const validate = ajv.compile(load("modelpack/config-schema.json"));
  for (const artifact of await artifacts()) {
    const config = JSON.parse(await configText(artifact)) as Record<string, unknown>;
    expect(validate(config), JSON.stringify(validate.errors)).toBe(true);
    expect(validate({ ...config, mreg: {} })).toBe(false);
  }
});

test("published schema: the manifest is a valid OCI image manifest", async (context) => {
  const problems = ociSchemas();
  if (!problems) return context.skip(missingSchemas);
  for (const { manifest } of await artifacts()) {
    const value = JSON.parse(Buffer.from(manifest.raw).toString()) as Record<string, unknown>;
    expect(problems("image-manifest-schema", value)).toEqual([]);
    expect(problems("image-manifest-schema", { ...value, config: {} })).not.toEqual([]);
  }
});
