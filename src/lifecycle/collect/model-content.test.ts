import { expect, test } from "vitest";
import { pushArtifact, seededArtifact, seededBlob } from "../../../test/support/fixtures.ts";
import { MemoryRegistry } from "../../stores/memory/index.ts";
import { readContent } from "./model-content.ts";

test("readContent: a pickle that is declared to be documentation is a file of weights, and must be scanned", async () => {
  const layer = (seed: number, kind: string, path: string) => {
    const blob = seededBlob(seed, 100, { mediaType: `application/vnd.cncf.model.${kind}.v1.raw` });
    return { ...blob, descriptor: { ...blob.descriptor, annotations: { "org.cncf.model.filepath": path } } };
  };
  const layers = [
    layer(1, "doc", "README.md"),
    layer(2, "doc", "evil.pkl"),
    layer(3, "weight", "README.weights.md"),
    layer(4, "weight.config", "config.json"),
  ];
  const repository = new MemoryRegistry().repository("risk");
  const artifactType = "application/vnd.cncf.model.manifest.v1+json";
  const target = await pushArtifact(repository, seededArtifact(1, { artifactType, layers }));
  const { owner, weights } = await readContent(repository, target, {});
  expect(owner).toBeUndefined();
  expect(weights).toEqual([
    { path: "evil.pkl", digest: layers[1]?.descriptor.digest },
    { path: "README.weights.md", digest: layers[2]?.descriptor.digest },
  ]);
});
