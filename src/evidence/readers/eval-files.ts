import { decodeUtf8 } from "../../base/bytes.ts";
import type { JsonValue } from "../../base/json.ts";
import { documentLimitBytes } from "../../base/limits.ts";
import { EvidenceError } from "../errors.ts";
import type { EvidenceFile } from "../evidence-file.ts";
import { evaluationParseLimitBytes } from "../limits.ts";
import { readExactJson } from "./json-file.ts";
import type { ReadFiles } from "./reading.ts";
import { parseYaml } from "./yaml-file.ts";

/** Bytes at the start of a file that say what it may be. */
const headBytes = 64 * 1024;

/** What is known of files, whichever of them comes first. */
interface Known {
  readonly values: Map<EvidenceFile, JsonValue | undefined>;
  readonly problems: Map<EvidenceFile, EvidenceError>;
  parsedBytes: number;
}

/**
 * The files of one evaluation, each parsed once however many readers look at it.
 *
 * Numbers are the text they are written in. Looking never throws: what cannot be parsed is `undefined`, and
 * {@link problemOf} says why when no reader wants the file.
 */
export class EvalFiles {
  readonly all: ReadFiles;
  readonly #known: Known;

  constructor(all: ReadFiles, known: Known = { values: new Map(), problems: new Map(), parsedBytes: 0 }) {
    this.all = all;
    this.#known = known;
  }

  /** The same files with another one first. */
  startingWith(file: EvidenceFile): EvalFiles {
    return new EvalFiles([file, ...this.all.filter((one) => one !== file)], this.#known);
  }

  /** The file's JSON, YAML (by its name), or the `header.json` of an unpacked log. */
  valueOf(file: EvidenceFile): JsonValue | undefined {
    const { values } = this.#known;
    if (!values.has(file)) values.set(file, this.#parse(file));
    return values.get(file);
  }

  /** Why {@link valueOf} has nothing, for a file that seems to be JSON or YAML, or that is no text at all. */
  problemOf(file: EvidenceFile): EvidenceError | undefined {
    this.valueOf(file);
    if (this.headOf(file) !== undefined || file.header) return this.#known.problems.get(file);
    const isArchive = file.bytes[0] === 0x50 && file.bytes[1] === 0x4b;
    return isArchive
      ? new EvidenceError("FORMAT_UNKNOWN", "it is an archive, expected what unpackEvaluation makes of it", {
          file: file.path,
        })
      : new EvidenceError("EVIDENCE_INVALID", "it is not UTF-8 text", { file: file.path });
  }

  /** The first characters of a text file; undefined for what is no text. */
  headOf(file: EvidenceFile): string | undefined {
    const head = file.bytes.subarray(0, headBytes);
    // Cut within a character, the end of a text is no sign of anything else.
    return head.includes(0) ? undefined : Buffer.from(head).toString("utf8");
  }

  /** The whole of a text file, which must be short enough to be read at once. */
  textOf(file: EvidenceFile): string {
    refuseLong(file);
    try {
      return decodeUtf8(file.bytes);
    } catch (cause) {
      throw new EvidenceError("EVIDENCE_INVALID", "it is not UTF-8 text", { file: file.path, cause });
    }
  }

  #parse(given: EvidenceFile): JsonValue | undefined {
    const file = given.header ? { ...given, bytes: given.header } : given;
    const first = /\S/.exec(this.headOf(file) ?? "")?.[0];
    const isYaml = /\.ya?ml$/i.test(file.path);
    if (first === undefined || (first !== "{" && first !== "[" && !isYaml)) return undefined;
    try {
      refuseLong(file);
      this.#known.parsedBytes += file.bytes.byteLength;
      if (this.#known.parsedBytes > evaluationParseLimitBytes) {
        const message = `the files to be parsed have more than ${evaluationParseLimitBytes} bytes together`;
        throw new EvidenceError("EVIDENCE_INVALID", message, { file: file.path });
      }
      return isYaml ? parseYaml(this.textOf(file), file.path) : readExactJson(file);
    } catch (error) {
      if (!(error instanceof EvidenceError)) throw error;
      this.#known.problems.set(given, error);
      return undefined;
    }
  }
}

/** Parsed values take many times the room of their text. */
function refuseLong({ path, bytes }: EvidenceFile): void {
  if (bytes.byteLength <= documentLimitBytes) return;
  const found = `it has ${bytes.byteLength} bytes, expected at most ${documentLimitBytes} where all of it is read`;
  throw new EvidenceError("EVIDENCE_INVALID", found, { file: path });
}
