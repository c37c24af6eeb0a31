import { type Digest, digestOf } from "../../base/digest.ts";
import { chatTemplatesOf, templateRisks } from "./chat-template.ts";
import type { InspectedTexts } from "./inspect-texts.ts";
import type { LookedAt } from "./inspect-weights.ts";
import { licenseOf, unknownLicense } from "./license-name.ts";
import { type MlflowModel, readMlflowModel, requirementsOf } from "./mlmodel.ts";
import { remoteCodeOf } from "./remote-code.ts";
import { frontMatterOf, mappingOf, readYamlMapping, textsOf, type YamlMapping } from "./yaml-mapping.ts";

/** Something that a file says of the model. `source` is the file's path, with the field where that helps. */
export interface SourcedText {
  readonly source: string;
  readonly text: string;
}

export interface TokenizerInspection {
  /** `BPE`, `WordPiece`, `gpt2`, or a class of transformers. */
  readonly kind?: string;
  /** Words; of `config.json` when the tokenizer itself was not read. */
  readonly vocabSize?: number;
}

export interface ChatTemplateInspection {
  readonly source: string;
  readonly name?: string;
  /** Of the template's text in UTF-8. */
  readonly digest: Digest;
  /** Bytes of it. */
  readonly size: number;
  /** Why it should not be rendered without a sandbox; empty when nothing was found. */
  readonly risks: readonly string[];
}

/** What a model's small files and the metadata of its weights say. Claims of whoever made it, all of them. */
export interface ModelFacts {
  readonly tokenizer?: TokenizerInspection;
  readonly chatTemplates: readonly ChatTemplateInspection[];
  readonly licenses: readonly SourcedText[];
  readonly baseModels: readonly SourcedText[];
  /** Code of the model's own that loaders are asked to run. */
  readonly remoteCode: readonly SourcedText[];
  readonly mlflow?: MlflowModel;
  /** Contradictions, and what deserves a look. */
  readonly notes: readonly string[];
}

const listLimit = 20;

/** Gathers what was read. */
export async function gatherFacts(texts: InspectedTexts, weights: readonly LookedAt[]): Promise<ModelFacts> {
  const json = (path: string) => mappingOf(parse(texts.get(path)?.text));
  const card = await readCard(texts);
  const metadata = weights.flatMap(({ inspection, header }) => (header ? [{ path: inspection.path, header }] : []));
  const gguf = metadata.filter(({ header }) => header.format === "gguf");
  const licenses = licensesOf(texts, card, gguf);
  const mlflow = await readMlflow(texts);
  const tokenizer = tokenizerOf(json, gguf);
  return {
    ...(tokenizer ? { tokenizer } : {}),
    chatTemplates: templatesOf(texts, gguf).slice(0, listLimit),
    licenses,
    baseModels: baseModelsOf(json("adapter_config.json"), card, gguf).slice(0, listLimit),
    remoteCode: [...texts].flatMap(([source, { text }]) =>
      remoteCodeOf(source, text).map((name) => ({ source, text: name })),
    ),
    ...(mlflow ? { mlflow } : {}),
    notes: notesOf(licenses),
  };
}

type Header = NonNullable<LookedAt["header"]>;
type Headers = readonly { readonly path: string; readonly header: Header }[];

interface Card {
  readonly path: string;
  readonly fields: YamlMapping;
}

async function readCard(texts: InspectedTexts): Promise<Card | undefined> {
  const path = [...texts.keys()].find((name) => /^readme\.md$/i.test(name));
  const front = path === undefined ? undefined : frontMatterOf(texts.get(path)?.text ?? "");
  const fields = front === undefined ? undefined : await readYamlMapping(front);
  return path !== undefined && fields ? { path, fields } : undefined;
}

async function readMlflow(texts: InspectedTexts): Promise<MlflowModel | undefined> {
  for (const [path, { text }] of texts) {
    if (!/(?:^|\/)MLmodel$/.test(path)) continue;
    const model = await readMlflowModel(path, text);
    const requirements = texts.get(path.replace(/MLmodel$/, "requirements.txt"))?.text;
    if (model) return requirements === undefined ? model : { ...model, requirements: requirementsOf(requirements) };
  }
  return undefined;
}

function licensesOf(texts: InspectedTexts, card: Card | undefined, gguf: Headers): readonly SourcedText[] {
  const files = [...texts].filter(([path]) => /^(?:licen[cs]e|copying)/i.test(path));
  return [
    ...files.map(([source, { text }]) => ({ source, text: licenseOf(text) ?? unknownLicense })),
    ...(card
      ? textsOf(card.fields["license"]).map((text) => ({
          source: `${card.path} license`,
          text: licenseName(text, card),
        }))
      : []),
    ...gguf.flatMap(({ path, header }) =>
      textsOf(header.metadata["general.license"]).map((text) => ({ source: `${path} general.license`, text })),
    ),
  ].slice(0, listLimit);
}

/** `other` has its name in another field. */
function licenseName(license: string, { fields }: Card): string {
  return license === "other" ? (textsOf(fields["license_name"])[0] ?? license) : license;
}

function notesOf(licenses: readonly SourcedText[]): readonly string[] {
  if (licenses.length === 0) return ["no file, card or metadata names a licence"];
  const named = licenses.filter(({ text }) => text !== unknownLicense);
  const names = new Set(named.map(({ text }) => text.toLowerCase().replaceAll(" ", "-")));
  if (names.size < 2) return [];
  return [`licences differ: ${named.map(({ source, text }) => `${text} in ${source}`).join(", ")}`];
}

function tokenizerOf(json: (path: string) => YamlMapping | undefined, gguf: Headers): TokenizerInspection | undefined {
  const { header } = gguf[0] ?? {};
  const model = mappingOf(json("tokenizer.json")?.["model"]);
  const kind = [
    model?.["type"],
    json("tokenizer_config.json")?.["tokenizer_class"],
    header?.metadata["tokenizer.ggml.model"],
  ].flatMap(textsOf)[0];
  const vocabulary = model?.["vocab"];
  const words = typeof vocabulary === "object" && vocabulary !== null ? Object.keys(vocabulary).length : undefined;
  const tokens = header && "arrays" in header ? header.arrays?.["tokenizer.ggml.tokens"] : undefined;
  const vocabSize = [words, tokens, json("config.json")?.["vocab_size"]].find((size) => typeof size === "number");
  if (kind === undefined && words === undefined && tokens === undefined) return undefined;
  return { ...(kind === undefined ? {} : { kind }), ...(vocabSize === undefined ? {} : { vocabSize }) };
}

function templatesOf(texts: InspectedTexts, gguf: Headers): readonly ChatTemplateInspection[] {
  const inFiles = [...texts].flatMap(([source, { text }]) =>
    chatTemplatesOf(source, text).map(({ name, template }) =>
      inspectTemplate(template, { source, ...(name === undefined ? {} : { name }) }),
    ),
  );
  const inWeights = gguf.flatMap(({ path, header }) =>
    Object.entries(header.metadata).flatMap(([key, value]) => {
      if (!key.startsWith("tokenizer.chat_template") || typeof value !== "string") return [];
      const name = key.slice("tokenizer.chat_template.".length);
      return [inspectTemplate(value, { source: path, ...(name === "" ? {} : { name }) })];
    }),
  );
  return [...inFiles, ...inWeights];
}

function inspectTemplate(
  template: string,
  at: { readonly source: string; readonly name?: string },
): ChatTemplateInspection {
  const bytes = Buffer.from(template);
  const risks = templateRisks(template).map(({ reason }) => reason);
  return { ...at, digest: digestOf(bytes), size: bytes.byteLength, risks };
}

function baseModelsOf(adapter: YamlMapping | undefined, card: Card | undefined, gguf: Headers): readonly SourcedText[] {
  return [
    ...textsOf(adapter?.["base_model_name_or_path"]).map((text) => ({ source: "adapter_config.json", text })),
    ...(card ? textsOf(card.fields["base_model"]).map((text) => ({ source: `${card.path} base_model`, text })) : []),
    ...gguf.flatMap(({ path, header: { metadata } }) =>
      Object.entries(metadata).flatMap(([key, value]) => {
        if (!/^general\.base_model\.\d{1,3}\.(?:repo_url|name)$/.test(key)) return [];
        const url = metadata[key.replace(/name$/, "repo_url")];
        // The address says more than the name.
        return key.endsWith("name") && url !== undefined ? [] : [{ source: `${path} ${key}`, text: String(value) }];
      }),
    ),
  ];
}

function parse(text: string | undefined): unknown {
  try {
    return text === undefined ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}
