/** One challenge of a `WWW-Authenticate` header. */
export interface Challenge {
  /** In lower case: registries write `Basic`, `BASIC` and `basic`. */
  readonly scheme: string;
  /** Names in lower case, values unquoted. */
  readonly parameters: Readonly<Record<string, string>>;
}

/** Challenges read from one answer; real ones hold one or two. */
const challengeLimit = 16;

const schemeName = /[!#$%&'*+\-.^_`|~0-9A-Za-z]+(?=[ \t,]|$)/y;
const parameter = /([!#$%&'*+\-.^_`|~0-9A-Za-z]+)[ \t]*=[ \t]*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))/y;
const token68 = /[A-Za-z0-9\-._~+/]+=*(?=[ \t]*(?:,|$))/y;
const gap = /[ \t,]*/y;

/**
 * Reads challenges, several in one line or one per line; commas inside quotes belong to their value.
 *
 * What cannot be read ends the line it stands in, since whatever follows could be misread as well.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc9110#section-11.6.1}
 */
export function parseChallenges(lines: readonly string[]): readonly Challenge[] {
  return lines.flatMap((line) => [...readLine(line)]).slice(0, challengeLimit);
}

function* readLine(line: string): Iterable<Challenge> {
  let at = 0;
  const take = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at;
    const match = pattern.exec(line);
    if (match) at = pattern.lastIndex;
    return match;
  };
  for (;;) {
    take(gap);
    const scheme = take(schemeName)?.[0].toLowerCase();
    if (scheme === undefined) return;
    take(gap);
    const parameters = Object.create(null) as Record<string, string>;
    // A parameter is a name with "="; a name without one is the next scheme, unless it is this scheme's token68.
    for (let match = take(parameter); match; match = take(parameter)) {
      const [, name = "", quoted, plain = ""] = match;
      parameters[name.toLowerCase()] ??= quoted?.replace(/\\(.)/g, "$1") ?? plain;
      take(gap);
    }
    if (Object.keys(parameters).length === 0 && /[ \t]$/.test(line.slice(0, at)) && !nextIsScheme(line, at))
      take(token68);
    yield { scheme, parameters };
  }
}

/** After a scheme without parameters: `Negotiate, Basic realm=x` goes on with a scheme, `Negotiate YII=` does not. */
function nextIsScheme(line: string, at: number): boolean {
  return line.slice(0, at).trimEnd().endsWith(",");
}
