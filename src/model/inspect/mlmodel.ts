import { mappingOf, readYamlMapping, textsOf } from "./yaml-mapping.ts";

/** What an `MLmodel` file of MLflow says of the directory around it. */
export interface MlflowModel {
  /** Of the `MLmodel` file. */
  readonly path: string;
  /** Programs that can load it, with the file or directory that each loads. */
  readonly flavors: readonly { readonly name: string; readonly version?: string; readonly data?: string }[];
  readonly runId?: string;
  readonly modelId?: string;
  readonly mlflowVersion?: string;
  /** As JSON texts, the way MLflow writes them. */
  readonly signature?: { readonly inputs?: string; readonly outputs?: string };
  /** Of `requirements.txt` beside it, without comments. */
  readonly requirements?: readonly string[];
  /** Code of the model's own that is loaded with it. */
  readonly code?: string;
}

const flavorLimit = 20;
const requirementLimit = 100;
const textLimit = 4096;

/** Reads an `MLmodel` file; undefined when it is none. @see {@link https://mlflow.org/docs/latest/ml/model/} */
export async function readMlflowModel(path: string, text: string): Promise<MlflowModel | undefined> {
  const model = await readYamlMapping(text);
  const flavors = mappingOf(model?.["flavors"]);
  if (!model || !flavors) return undefined;
  const shown = (value: unknown) => textsOf(value)[0]?.slice(0, textLimit);
  const [runId, modelId, mlflowVersion] = ["run_id", "model_id", "mlflow_version"].map((key) => shown(model[key]));
  const signature = mappingOf(model["signature"]);
  const [inputs, outputs] = [shown(signature?.["inputs"]), shown(signature?.["outputs"])];
  const code = shown(mappingOf(flavors["python_function"])?.["code"]);
  return {
    path,
    flavors: Object.entries(flavors)
      .slice(0, flavorLimit)
      .map(([name, value]) => readFlavor(name, mappingOf(value) ?? {})),
    ...(runId ? { runId } : {}),
    ...(modelId ? { modelId } : {}),
    ...(mlflowVersion ? { mlflowVersion } : {}),
    ...(inputs || outputs ? { signature: { ...(inputs ? { inputs } : {}), ...(outputs ? { outputs } : {}) } } : {}),
    ...(code ? { code } : {}),
  };
}

function readFlavor(name: string, flavor: Readonly<Record<string, unknown>>): MlflowModel["flavors"][number] {
  const version = textsOf(flavor[`${name}_version`])[0];
  const keys = ["pickled_model", "model_path", "model_data", "data", "model_binary"];
  const data = keys.flatMap((key) => textsOf(flavor[key]))[0];
  return {
    name: name.slice(0, 100),
    ...(version ? { version: version.slice(0, 100) } : {}),
    ...(data ? { data: data.slice(0, textLimit) } : {}),
  };
}

/** The lines of a `requirements.txt` that name packages. */
export function requirementsOf(text: string): readonly string[] {
  const lines = text.split("\n").map((line) => line.replace(/#.*/, "").trim());
  return lines
    .filter((line) => line !== "")
    .slice(0, requirementLimit)
    .map((line) => line.slice(0, 200));
}
