import { join } from "node:path";
import { LayoutRegistry } from "../../../src/stores/layout/index.ts";
import { blob, type ForeignArtifact, pushForeign, titled } from "../artifacts.ts";
import type { Workspace } from "../cli/workspace.ts";
import { tinyGguf } from "../models.ts";
import { type FakeServer, startFakeServer } from "./fake-server.ts";
import { hubAnswers, writeHubCache } from "./hugging-face.ts";
import { mlflowAnswers } from "./mlflow.ts";

/** Servers that the examples of `mreg import` name. */
export interface ImportSources {
  readonly mlflow: FakeServer;
  readonly hub: FakeServer;
  close(): void;
}

export async function startImportSources(): Promise<ImportSources> {
  const [mlflow, hub] = [await startFakeServer(mlflowAnswers()), await startFakeServer(hubAnswers())];
  return {
    mlflow,
    hub,
    close: () => {
      mlflow.close();
      hub.close();
    },
  };
}

const weights = tinyGguf(() => 1);

/** The same small model as each tool packs it. */
export const packed: Readonly<Record<string, ForeignArtifact>> = {
  kitops: {
    config: blob("application/vnd.kitops.modelkit.config.v1+json", '{"manifestVersion":"1.0.0"}'),
    layers: [{ ...titled("model.gguf", weights), mediaType: "application/vnd.kitops.modelkit.model.v1.raw" }],
  },
  docker: {
    config: blob("application/vnd.docker.ai.model.config.v0.1+json", "{}"),
    layers: [{ content: weights, mediaType: "application/vnd.docker.ai.gguf.v3" }],
  },
  ollama: {
    config: blob("application/vnd.docker.container.image.v1+json", "{}"),
    layers: [{ content: weights, mediaType: "application/vnd.ollama.image.model" }],
  },
  oras: { layers: [titled("model.bin", "weights"), titled("README.md", "# Risk\n\n## Intended use\nTests.\n")] },
};

/** Puts beside the project what one of the examples imports. @returns the environment that leads to the servers. */
export async function prepareImport(
  project: Workspace,
  name: string,
  { hub, mlflow }: ImportSources,
): Promise<Record<string, string>> {
  const artifact = packed[name.replace("import ", "")];
  if (artifact) {
    const repository = new LayoutRegistry({ root: project.path("elsewhere") }).repository("risk");
    await repository.tag(await pushForeign(repository, artifact), "v1");
  }
  if (name === "import huggingface") await writeHubCache(join(project.path(".")));
  return { MLFLOW_TRACKING_URI: mlflow.address, HF_ENDPOINT: hub.address };
}
