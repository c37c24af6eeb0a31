import { ahead } from "./catalog/ahead.ts";
import { auth } from "./catalog/auth.ts";
import { connection } from "./catalog/connection.ts";
import { crash } from "./catalog/crash.ts";
import { download } from "./catalog/download.ts";
import { extraction } from "./catalog/extraction.ts";
import { lists } from "./catalog/lists.ts";
import { manifest } from "./catalog/manifest.ts";
import { parts } from "./catalog/parts.ts";
import { pieces } from "./catalog/pieces.ts";
import { redirect } from "./catalog/redirect.ts";
import { statusCodes } from "./catalog/status.ts";
import { upload } from "./catalog/upload.ts";
import type { FaultGroup } from "./fault-case.ts";

/** Every fault, in the order of docs/faults.md. */
export const catalog: readonly FaultGroup[] = [
  connection,
  download,
  parts,
  statusCodes,
  redirect,
  auth,
  upload,
  pieces,
  ahead,
  manifest,
  lists,
  extraction,
  crash,
];
