/** A registry in memory. */
export { MemoryRegistry } from "./registry.ts";
export { MemoryRepository } from "./repository.ts";
