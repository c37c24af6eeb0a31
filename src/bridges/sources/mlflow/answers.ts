import { z } from "zod";

/**
 * What an MLflow server answers, as far as mreg reads it. Fields are open: servers of many versions are asked.
 *
 * @see {@link https://mlflow.org/docs/3.4.0/api_reference/rest-api.html}
 */

/** int64 arrives as a number or as text, depending on the server's version. */
const Int64 = z.union([z.int(), z.string().regex(/^-?[0-9]{1,19}$/)]).transform(Number);
const Text = z.string().max(1_000_000);
const Pairs = z.array(z.looseObject({ key: Text, value: Text.default("") })).default([]);

/** Numbers that JSON has no sign for come as text. */
const Metric = z.looseObject({
  key: Text,
  value: z.union([z.number(), z.enum(["NaN", "Infinity", "-Infinity"])]),
  timestamp: Int64.optional(),
  step: Int64.optional(),
});
export type Metric = z.output<typeof Metric>;

export const ModelVersion = z.looseObject({
  name: Text,
  version: z.union([z.string(), z.int()]).transform(String),
  description: Text.optional(),
  source: Text.optional(),
  run_id: Text.optional(),
  model_id: Text.optional(),
  status: Text.optional(),
  status_message: Text.optional(),
  tags: Pairs,
});
export type ModelVersion = z.output<typeof ModelVersion>;
export const ModelVersionAnswer = z.looseObject({ model_version: ModelVersion });
export const LatestVersionsAnswer = z.looseObject({ model_versions: z.array(ModelVersion).default([]) });
export const DownloadAnswer = z.looseObject({ artifact_uri: Text });

export const RegisteredModel = z.looseObject({ name: Text, description: Text.optional(), tags: Pairs });
export type RegisteredModel = z.output<typeof RegisteredModel>;
export const RegisteredModelAnswer = z.looseObject({ registered_model: RegisteredModel });

export const LoggedModel = z.looseObject({
  info: z.looseObject({
    model_id: Text,
    name: Text.optional(),
    artifact_uri: Text,
    status: z.union([Text, z.int()]).optional(),
    source_run_id: Text.optional(),
  }),
  data: z.looseObject({ params: Pairs, metrics: z.array(Metric).default([]) }).default({ params: [], metrics: [] }),
});
export type LoggedModel = z.output<typeof LoggedModel>;
export const LoggedModelAnswer = z.looseObject({ model: LoggedModel });

const DatasetInput = z.looseObject({
  tags: Pairs,
  dataset: z.looseObject({
    name: Text,
    digest: Text.optional(),
    source_type: Text.optional(),
    source: Text.optional(),
  }),
});
export type DatasetInput = z.output<typeof DatasetInput>;

export const Run = z.looseObject({
  info: z.looseObject({
    run_id: Text,
    run_name: Text.optional(),
    experiment_id: Text,
    status: z.union([Text, z.int()]).optional(),
    start_time: Int64.optional(),
    end_time: Int64.optional(),
    artifact_uri: Text.optional(),
  }),
  data: z
    .looseObject({ metrics: z.array(Metric).default([]), params: Pairs, tags: Pairs })
    .default({ metrics: [], params: [], tags: [] }),
  inputs: z.looseObject({ dataset_inputs: z.array(DatasetInput).default([]) }).default({ dataset_inputs: [] }),
  outputs: z
    .looseObject({ model_outputs: z.array(z.looseObject({ model_id: Text })).default([]) })
    .default({ model_outputs: [] }),
});
export type Run = z.output<typeof Run>;
export const RunAnswer = z.looseObject({ run: Run });

export const ExperimentAnswer = z.looseObject({ experiment: z.looseObject({ experiment_id: Text, name: Text }) });

export const ArtifactFile = z.looseObject({
  path: Text,
  is_dir: z.boolean().default(false),
  file_size: Int64.optional(),
});
export const ArtifactsAnswer = z.looseObject({
  files: z.array(ArtifactFile).default([]),
  next_page_token: Text.optional(),
});
export const PresignedAnswer = z.looseObject({
  url: z.string().max(16_384),
  headers: z.record(z.string(), z.string()).default({}),
  file_size: Int64.optional(),
});
