import type { Config } from "./config-file.ts";

const nothing = /^ *(?:#.*)?$/;
/**
 * A key, and a word that YAML cannot take for anything but a string: no quote, no number (an address with its three
 * dots is none), no colon before a space.
 */
const entry =
  /^( *)([a-z]+): +((?:\.{0,2}\/|[A-Za-z]|(?:[0-9]{1,3}\.){3}[0-9])[A-Za-z0-9._/@-]*(?::[A-Za-z0-9._/@-]+)*) *(?: #.*)?$/;
const section = /^(signing|model): *(?: #.*)?$/;
/** Words that YAML takes for something else than a string. */
const notText = /^(?:null|true|false)$/i;

/** The keys on top, and those of each section. */
const keys: Readonly<Record<string, readonly string[]>> = {
  "": ["registry", "policy"],
  signing: ["key"],
  model: ["owner"],
};

/**
 * Reads an `mreg.yaml` as `mreg init` writes it: one `key: word` in a line, sections indented, comments.
 *
 * Most files look like this, every command reads one, and loading a YAML parser and a schema library takes longer than
 * listing a store. A property test compares the answer with theirs.
 *
 * @returns undefined for all that needs a parser, valid or not.
 */
export function readPlainConfig(text: string): Config | undefined {
  const sections: Record<string, Record<string, string>> = {};
  let name = "";
  let indent = 0;
  for (const line of text.split("\n")) {
    if (nothing.test(line)) continue;
    const [, opened] = section.exec(line) ?? [];
    const [, spaces = "", key = "", word = ""] = entry.exec(line) ?? [];
    if (opened === undefined && key === "") return undefined;
    const isInside = spaces !== "";
    if (!isInside && isEmpty(sections, name)) return undefined;
    if (opened !== undefined || !isInside) name = opened ?? "";
    if (opened !== undefined) {
      if (sections[opened]) return undefined;
      sections[opened] = {};
      indent = 0;
      continue;
    }
    if (isInside && (name === "" || (indent !== 0 && spaces.length !== indent))) return undefined;
    indent = spaces.length;
    const fields = sections[name] ?? {};
    sections[name] = fields;
    if (!keys[name]?.includes(key) || key in fields || notText.test(word)) return undefined;
    fields[key] = word;
  }
  if (isEmpty(sections, name)) return undefined;
  const { "": top, ...rest } = sections;
  return { ...top, ...rest };
}

/** A section without a line is null for YAML. */
function isEmpty(sections: Readonly<Record<string, Readonly<Record<string, string>>>>, name: string): boolean {
  return name !== "" && Object.keys(sections[name] ?? {}).length === 0;
}
