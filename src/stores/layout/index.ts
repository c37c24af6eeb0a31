/** OCI image layouts in directories: the embedded store. */
export { LayoutRegistry, type LayoutRegistryOptions } from "./registry.ts";
export { LayoutRepository } from "./repository.ts";
