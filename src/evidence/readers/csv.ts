import { csvColumnLimit } from "../limits.ts";

/**
 * Parses CSV (RFC 4180): commas, or semicolons or tabs where the first line has no comma; quotes; LF or CRLF.
 *
 * @param rowLimit - a longer table is an error, since each row becomes a result.
 * @throws SyntaxError with the line's number for a quote that never ends, text behind one, or a row of another length.
 */
export function parseCsv(text: string, rowLimit: number): readonly (readonly string[])[] {
  const source = text.replace(/^\uFEFF/, "");
  const first = source.slice(0, source.search(/\n|$/));
  const separator = [",", ";", "\t"].find((one) => first.includes(one)) ?? ",";
  const rows: string[][] = [];
  for (let at = 0, line = 1; at < source.length; ) {
    const { row, next, lines } = readRow(source, { at, line, separator });
    line += lines;
    at = next;
    // A blank line is no row.
    if (row.length === 1 && row[0] === "") continue;
    if (rows[0] && row.length !== rows[0].length) {
      throw new SyntaxError(`line ${line - 1} has ${row.length} cells, expected ${rows[0].length}`);
    }
    if (rows.length > rowLimit) throw new SyntaxError(`it has more than ${rowLimit} rows`);
    rows.push(row);
  }
  return rows;
}

interface RowStart {
  readonly at: number;
  readonly line: number;
  readonly separator: string;
}

function readRow(source: string, { at, line, separator }: RowStart) {
  const row: string[] = [];
  let position = at;
  let lines = 1;
  for (;;) {
    const quoted = source[position] === '"';
    const { cell, end } = quoted ? readQuoted(source, position, line) : readPlain(source, position, separator);
    if (quoted) lines += cell.split("\n").length - 1;
    if (row.length >= csvColumnLimit) throw new SyntaxError(`line ${line} has more than ${csvColumnLimit} cells`);
    row.push(quoted ? cell : cell.trim());
    position = end;
    if (source[position] === separator) {
      position++;
      continue;
    }
    if (source[position] === "\r" && source[position + 1] === "\n") position++;
    if (position < source.length && source[position] !== "\n") {
      throw new SyntaxError(`line ${line} has text behind a closing quote`);
    }
    return { row, next: position + 1, lines };
  }
}

function readQuoted(source: string, start: number, line: number): { cell: string; end: number } {
  let cell = "";
  let from = start + 1;
  for (;;) {
    const quote = source.indexOf('"', from);
    if (quote < 0) throw new SyntaxError(`line ${line} has a quote that never ends`);
    cell += source.slice(from, quote);
    if (source[quote + 1] !== '"') return { cell, end: quote + 1 };
    cell += '"';
    from = quote + 2;
  }
}

function readPlain(source: string, start: number, separator: string): { cell: string; end: number } {
  let end = start;
  while (end < source.length && source[end] !== separator && source[end] !== "\n") end++;
  const stop = source[end] === "\n" && source[end - 1] === "\r" ? end - 1 : end;
  return { cell: source.slice(start, Math.max(start, stop)), end: Math.max(start, stop) };
}
