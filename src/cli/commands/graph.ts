import { Option } from "commander";
import type { Descriptor } from "../../oci/descriptor.ts";
import { type ReferrerNode, referrerTree } from "../../oci/graph.ts";
import type { CommandModule, Context, Outcome } from "../context.ts";
import { addExamples } from "../options/examples.ts";
import { addPolicyOptions, type PolicyOptions } from "../options/policy.ts";
import { addRegistryOptions, type RegistryOptions } from "../options/registry.ts";
import { withTarget } from "../options/target.ts";
import { drawGraph, type GraphStyle } from "../render/graph.ts";
import type { GraphNode, GraphResult } from "../results/graph.ts";

export interface GraphOptions extends RegistryOptions, PolicyOptions {
  readonly as: GraphStyle;
}

export const command: CommandModule = {
  define(program, act) {
    const graph = program
      .command("graph <ref>")
      .description("everything attached to a version; what it says is not verified here, see `mreg verify`")
      .addOption(new Option("--as <style>", "how to draw it").choices(["tree", "dot", "mermaid"]).default("tree"))
      .action((ref: string, options: GraphOptions) =>
        act(
          (result: GraphResult) => drawGraph(result),
          (context) => graph_(context, ref, options),
        ),
      );
    addPolicyOptions(addRegistryOptions(graph));
    addExamples(graph, [
      { line: "mreg graph risk:v1", does: "the referrers of version 1 as a tree" },
      { line: "mreg graph risk:v1 --as mermaid", does: "the same as a Mermaid flowchart" },
    ]);
  },
};

async function graph_(context: Context, ref: string, options: GraphOptions): Promise<Outcome<GraphResult>> {
  return withTarget(context, ref, options, async ({ descriptor, pinned, repository }) => {
    const tree = await referrerTree(repository, descriptor, { signal: context.signal });
    return { result: { kind: "graph", schemaVersion: 1, reference: pinned, as: options.as, root: toNode(tree) } };
  });
}

function toNode({ descriptor, referrers }: ReferrerNode): GraphNode {
  const { digest, mediaType, size, artifactType, annotations }: Descriptor = descriptor;
  return {
    digest,
    mediaType,
    size,
    ...(artifactType ? { artifactType } : {}),
    ...(annotations ? { annotations } : {}),
    referrers: referrers.map(toNode),
  };
}
