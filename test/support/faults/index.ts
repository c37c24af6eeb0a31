/**
 * Servers for what an HTTP server does not do by itself: resets, garbage, drips, TLS that fails, bombs. Test equipment.
 */
export { answer, closeAfter, drip, dripHeaders, raw } from "./answers.ts";
export { type Answer, type Front, type Intercept, startFront } from "./front.ts";
export { type OnConnection, onHead, type RawServer, startRawServer } from "./raw-server.ts";
