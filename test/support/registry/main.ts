import type { RegistryOptions } from "./options.ts";
import { startRegistry } from "./server.ts";

/**
 * Starts the registry for other programs: `node test/support/registry/main.ts [port] [options as JSON]`.
 * Prints its URL in one line and runs until it is told to end.
 */
const [port = "0", options = "{}"] = process.argv.slice(2);
const registry = await startRegistry({ ...(JSON.parse(options) as RegistryOptions), port: Number(port) });
process.stdout.write(`${registry.url}\n`);
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => void registry.close());
