import { auth } from "./catalog/auth.ts";
import { connection } from "./catalog/connection.ts";
import { download } from "./catalog/download.ts";
import { redirect } from "./catalog/redirect.ts";
import { statusCodes } from "./catalog/status.ts";
import { upload } from "./catalog/upload.ts";
import type { FaultGroup } from "./fault-case.ts";

/** Every fault, in the order of docs/faults.md. */
export const catalog: readonly FaultGroup[] = [connection, download, statusCodes, redirect, auth, upload];
