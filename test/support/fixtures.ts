/** Seeded content that the exported contract needs too, so that it lives there. */
export * from "../../src/contract/fixtures.ts";
