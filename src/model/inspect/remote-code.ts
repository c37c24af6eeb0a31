/** Names that are kept of one file; models have some five. */
const nameLimit = 20;

/**
 * What loads a model of MLflow when it is none of MLflow's own modules, and the directory of code that goes with it.
 */
const mlflowCode = [/^ {2,8}loader_module: {0,9}(?!mlflow\.)(\S{1,200})/m, /^ {2,8}code: {0,9}(?!null\b)(\S{1,200})/m];

/**
 * Lists the code of its own that a configuration of transformers or diffusers asks to be loaded with the model, which
 * is what `trust_remote_code` is about: `auto_map`, and custom pipelines. MLflow's models may bring code, too.
 *
 * @param path - of the file; other files than JSON and `MLmodel` name none.
 * @param text - by whoever made the model; what is no JSON names nothing.
 */
export function remoteCodeOf(path: string, text: string): readonly string[] {
  if (/(?:^|\/)MLmodel$/.test(path)) return mlflowCode.flatMap((pattern) => pattern.exec(text)?.[1] ?? []);
  if (!/\.json$/i.test(path) || !/"(?:auto_map|custom_pipelines|trust_remote_code)"/.test(text)) return [];
  const names = new Set<string>();
  const visit = (value: unknown, depth: number): void => {
    if (typeof value !== "object" || value === null || depth > 16) return;
    for (const [key, inner] of Object.entries(value)) {
      if (key === "trust_remote_code" && inner === true) names.add("trust_remote_code is set");
      else if (key === "auto_map") addTargets(inner, names);
      else if (key === "custom_pipelines") addTargets(pipelines(inner), names);
      else visit(inner, depth + 1);
    }
  };
  visit(parse(text), 1);
  return [...names].slice(0, nameLimit);
}

/** A target is `module.Class`, or a list of two: the slow class and the fast one. */
function addTargets(value: unknown, names: Set<string>): void {
  if (typeof value === "string") names.add(value.slice(0, 200));
  else if (typeof value === "object" && value !== null) {
    for (const target of Object.values(value).slice(0, nameLimit)) {
      for (const name of Array.isArray(target) ? target.slice(0, 2) : [target]) {
        if (typeof name === "string") names.add(name.slice(0, 200));
      }
    }
  }
}

/** `{ "name": { "impl": "module.Class" } }`. */
function pipelines(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return [];
  return Object.values(value).map((entry: unknown) =>
    typeof entry === "object" && entry !== null ? (entry as { readonly impl?: unknown }).impl : undefined,
  );
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
