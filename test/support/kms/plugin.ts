import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";

const program = fileURLToPath(new URL("plugin-program.ts", import.meta.url));

/**
 * Installs the plugin `sigstore-kms-mregtest` in a directory, or a shell script in its place.
 *
 * @returns the environment in which it is found, with the directory's `keys/` as its KMS.
 */
export function installPlugin(
  directory: string,
  script = `exec "${process.execPath}" "${program}" "$@"`,
): Record<string, string> {
  const bin = join(directory, "bin");
  mkdirSync(bin, { recursive: true });
  mkdirSync(join(directory, "keys"), { recursive: true });
  const path = join(bin, "sigstore-kms-mregtest");
  writeFileSync(path, `#!/bin/sh\n${script}\n`);
  chmodSync(path, 0o755);
  return { PATH: `${bin}${delimiter}${process.env["PATH"]}`, MREGTEST_KEYS: join(directory, "keys") };
}
