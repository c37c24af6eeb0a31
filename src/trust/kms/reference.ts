import { SigningError } from "../errors.ts";

/**
 * A key that somebody else keeps, as cosign writes it: `hashivault://release` or `<plugin>://<what the plugin knows>`.
 */
export interface KmsReference {
  readonly scheme: string;
  /** Everything behind `://`. */
  readonly resource: string;
}

/** Becomes part of a program's name: no path, no option, nothing a shell would read. */
const referencePattern = /^([a-z][a-z0-9-]{0,63}):\/\/([\x21-\x7e]{1,1024})$/;

/** Schemes that mean something else in a key's place. */
const otherSchemes: readonly string[] = ["env", "file", "http", "https"];

/**
 * Reads a reference to a key in a KMS.
 *
 * @returns undefined for anything without a scheme of a KMS: a file, `env://NAME`.
 * @throws {@link SigningError} `KEY_INVALID` for an address with a scheme that is not one.
 */
export function parseKmsReference(text: string): KmsReference | undefined {
  if (!text.includes("://")) return undefined;
  const [, scheme = "", resource = ""] = referencePattern.exec(text) ?? [];
  if (scheme === "env") return undefined;
  if (scheme !== "" && !otherSchemes.includes(scheme)) return { scheme, resource };
  throw new SigningError(
    "KEY_INVALID",
    `${JSON.stringify(text.slice(0, 100))} is no key, expected a file, env://NAME, hashivault://KEY or <plugin>://KEY`,
  );
}
