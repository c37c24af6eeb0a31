/** A reason to look at a chat template before anything renders it. */
export interface TemplateRisk {
  readonly severity: "dangerous" | "suspicious";
  readonly reason: string;
}

/**
 * Ways in which templates have left their sandbox, or the lack of one (CVE-2024-34359): attributes that lead from any
 * value to Python's own, spelled out or put together. Text for a model has no use for these names.
 */
const risks: readonly (readonly [severity: TemplateRisk["severity"], reason: string, pattern: RegExp])[] = [
  [
    "dangerous",
    "reaches Python's internals",
    /__(?:class|globals|builtins|subclasses|mro|bases?|init|import|dict|getattribute|getattr|code|call|self|func|module|loader|spec|reduce(?:_ex)?|wrapped)__/,
  ],
  [
    "dangerous",
    "reaches attributes of functions",
    /\b(?:func_globals|gi_frame|gi_code|cr_frame|f_globals|f_builtins|f_back|tb_frame)\b/,
  ],
  [
    "dangerous",
    "runs programs",
    /\b(?:os\s{0,9}\.\s{0,9}(?:popen|system|exec\w{0,5})|popen\s{0,9}\(|subprocess|check_output\s{0,9}\()/,
  ],
  ["dangerous", "spells names of attributes in escapes", /\\(?:x5f|u005f|137)/i],
  ["suspicious", "takes attributes by computed names", /\|\s{0,9}attr\s{0,9}\(/],
  ["suspicious", "puts underscores together", /['"]_{1,2}['"]\s{0,9}(?:~|\*|%|\+|\|)/],
  ["suspicious", "formats text by codes of characters", /['"](?:%c){2,}/],
  ["suspicious", "loads another template", /\{%[-+]?\s{0,9}(?:import|include|extends|from)\b/],
  ["suspicious", "evaluates text as code", /\b(?:eval|exec|compile)\s{0,9}\(/],
];

/** Most of a template that is looked at; those in use stay below 100 KiB. */
const templateLimitCharacters = 4 * 1024 * 1024;

/** Tells why a Jinja template should not be rendered without a sandbox; nothing is rendered here. */
export function templateRisks(template: string): readonly TemplateRisk[] {
  const text = template.slice(0, templateLimitCharacters);
  const found = risks.flatMap(([severity, reason, pattern]) => (pattern.test(text) ? [{ severity, reason }] : []));
  if (template.length <= templateLimitCharacters) return found;
  return [...found, { severity: "suspicious", reason: `has more than ${templateLimitCharacters} characters` }];
}

/** A chat template, as some file has it. */
export interface ChatTemplate {
  /** Of one among several: `tool_use`. */
  readonly name?: string;
  readonly template: string;
}

const templateLimit = 64;

/**
 * Takes the chat templates out of a file: all of a `.jinja`, and the field `chat_template` of `tokenizer_config.json`,
 * `processor_config.json` or `chat_template.json`, which holds one or a list.
 */
export function chatTemplatesOf(path: string, text: string): readonly ChatTemplate[] {
  if (/\.jinja2?$/i.test(path)) return [{ template: text }];
  if (!/(?:^|\/)(?:chat_template|tokenizer_config|processor_config)\.json$/i.test(path)) return [];
  const field = chatTemplateField(text);
  if (typeof field === "string") return [{ template: field }];
  if (typeof field !== "object" || field === null) return [];
  const entries = Array.isArray(field)
    ? field.map((entry: unknown) => Object(entry) as { readonly name?: unknown; readonly template?: unknown })
    : Object.entries(field).map(([name, template]) => ({ name, template: template as unknown }));
  return entries.slice(0, templateLimit).flatMap(({ name, template }) => {
    if (typeof template !== "string") return [];
    return [{ ...(typeof name === "string" ? { name: name.slice(0, 100) } : {}), template }];
  });
}

function chatTemplateField(text: string): unknown {
  try {
    return (Object(JSON.parse(text)) as { readonly chat_template?: unknown }).chat_template;
  } catch {
    return undefined;
  }
}
