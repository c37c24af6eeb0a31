/** A Markdown file in its two halves. */
export interface MarkdownFile {
  /** The YAML between the `---` lines at the top, when there is any. */
  readonly frontMatter?: string;
  readonly body: string;
  /** The line that the body begins with, counted from 1. */
  readonly bodyLine: number;
}

const headingPattern = /^ {0,3}(#{1,6})[ \t]+(.*)$/s;

/** The text under one heading, with the headings below it. */
export interface Section {
  readonly title: string;
  readonly text: string;
  /** Line of the heading in the body, counted from 0. */
  readonly line: number;
}

/**
 * Separates YAML front matter from Markdown.
 *
 * @throws SyntaxError when the front matter never ends: guessing where it does would turn text into fields.
 */
export function splitFrontMatter(text: string): MarkdownFile {
  const lines = text.replace(/^\uFEFF/, "").split(/\r\n|\n|\r/);
  if (lines[0]?.trimEnd() !== "---") return { body: lines.join("\n"), bodyLine: 1 };
  const end = lines.findIndex((line, index) => index > 0 && /^(?:---|\.\.\.)\s*$/.test(line));
  if (end < 0) throw new SyntaxError("its front matter does not end, expected a second line of ---");
  const [frontMatter, body] = [lines.slice(1, end).join("\n"), lines.slice(end + 1).join("\n")];
  return { frontMatter, body, bodyLine: end + 2 };
}

/**
 * Lists the sections of a Markdown text by their `#` headings, comments removed.
 *
 * A section goes on until a heading of its own level or above. Headings inside fenced code are text.
 *
 * @see {@link https://spec.commonmark.org/0.31.2/#atx-headings}
 */
export function sections(body: string): readonly Section[] {
  const open: { title: string; level: number; lines: string[] }[] = [];
  const closed: { title: string; line: number; lines: string[] }[] = [];
  let fence: string | undefined;
  for (const [number, line] of withoutComments(body).split("\n").entries()) {
    fence = fenceAfter(line, fence);
    const [, marks = "", title = ""] = fence === undefined ? (headingPattern.exec(line) ?? []) : [];
    while (marks && open.length > 0 && (open.at(-1)?.level ?? 0) >= marks.length) open.pop();
    for (const section of open) section.lines.push(line);
    if (!marks) continue;
    const section = { title: withoutClosingMarks(title), level: marks.length, line: number, lines: [] };
    open.push(section);
    closed.push(section);
  }
  return closed.map(({ title, line, lines }) => ({ title, line, text: lines.join("\n").trim() }));
}

/**
 * `Ethics ##` is the heading Ethics. A loop, since a pattern for the end of a line takes quadratic time on hostile
 * ones.
 */
function withoutClosingMarks(title: string): string {
  let end = title.length;
  while (end > 0 && " \t#".includes(title.charAt(end - 1))) end--;
  return title.slice(0, end);
}

/** The fence that is open after a line: its own mark, at least as long, closes it. */
function fenceAfter(line: string, fence: string | undefined): string | undefined {
  const mark = /^ {0,3}(`{3,}|~{3,})/.exec(line)?.[1];
  if (mark === undefined) return fence;
  if (fence === undefined) return mark;
  return mark.startsWith(fence) && line.trim() === mark ? undefined : fence;
}

/** Templates explain their fields in comments; an explanation is not an answer. Its line breaks stay, for the count. */
function withoutComments(text: string): string {
  let rest = "";
  let from = 0;
  for (;;) {
    const start = text.indexOf("<!--", from);
    const end = start < 0 ? -1 : text.indexOf("-->", start + 4);
    if (end < 0) return rest + text.slice(from);
    rest += text.slice(from, start) + "\n".repeat(text.slice(start, end).split("\n").length - 1);
    from = end + 3;
  }
}
