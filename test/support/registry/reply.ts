/** An answer before it is sent. Header names in lower case. */
export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
}

export function reply(status: number, headers: Record<string, string> = {}, body?: Uint8Array): Reply {
  return { status, headers, ...(body ? { body } : {}) };
}

export function jsonReply(status: number, value: unknown, headers: Record<string, string> = {}): Reply {
  return reply(status, { "content-type": "application/json", ...headers }, Buffer.from(JSON.stringify(value)));
}

/** The error envelope of distribution-spec v1.1.1, "Error Codes". */
export function errorReply(status: number, code: string, message = code.toLowerCase(), headers = {}): Reply {
  return jsonReply(status, { errors: [{ code, message, detail: {} }] }, headers);
}
