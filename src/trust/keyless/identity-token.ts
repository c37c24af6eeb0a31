import { z } from "zod";
import { parseStrictJson } from "../../base/json.ts";
import { schemaProblems } from "../../base/schema-problems.ts";
import { SigningError } from "../errors.ts";
import { identityTokenLimitCharacters } from "../limits.ts";

/** What of a token is of interest here. Whether it is genuine is for the certificate authority to say. */
const Claims = z.object({
  iss: z.string().min(1),
  sub: z.string().optional(),
  email: z.string().optional(),
  email_verified: z.union([z.boolean(), z.literal(["true", "false"])]).optional(),
  exp: z.number().optional(),
});

export interface IdentityToken {
  /** The JWT itself: a secret until it expires. */
  readonly text: string;
  /** What Fulcio wants signed as proof of possession: the address, or the subject. */
  readonly challenge: string;
}

/**
 * Looks into an identity token.
 *
 * @throws {@link SigningError} `TOKEN_INVALID`; the message never holds the token.
 */
export function readIdentityToken(text: string, now: Date): IdentityToken {
  const token = text.trim();
  if (token.length > identityTokenLimitCharacters) {
    throw invalid(`it has ${token.length} characters, expected at most ${identityTokenLimitCharacters}`);
  }
  const [, payload, ...rest] = token.split(".");
  if (payload === undefined || rest.length !== 1) throw invalid("it is no JWT, expected three parts with dots between");
  const claims = Claims.safeParse(parsePayload(payload));
  if (!claims.success) throw invalid(`its claims are not as expected: ${schemaProblems(claims.error)}`);
  const { email, email_verified: isVerified, exp, sub } = claims.data;
  if (exp !== undefined && exp * 1000 <= now.getTime()) {
    throw invalid(`it expired at ${new Date(exp * 1000).toISOString()}`);
  }
  if (email !== undefined && isVerified !== true && isVerified !== "true") throw invalid("its address is not verified");
  const challenge = email ?? sub;
  if (!challenge) throw invalid("it names neither an address nor a subject");
  return { text: token, challenge };
}

function parsePayload(payload: string): unknown {
  try {
    return parseStrictJson(Buffer.from(payload, "base64url"));
  } catch (cause) {
    throw invalid("its claims are not JSON", cause);
  }
}

function invalid(reason: string, cause?: unknown): SigningError {
  return new SigningError("TOKEN_INVALID", `the identity token cannot be used: ${reason}`, { cause });
}
