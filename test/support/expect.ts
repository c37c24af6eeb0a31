/** Helpers that the exported contract needs too, so that they live there. */
export * from "../../src/contract/expect.ts";
