/**
 * The built program before it was gathered into few files (scripts/bundle-program.ts): shows which modules a command
 * needs.
 */
import { createRequire } from "node:module";

const { main } = createRequire(import.meta.url)(
  "../../../dist/cli/main.js",
) as typeof import("../../../src/cli/main.ts");
await main(process.argv.slice(2));
