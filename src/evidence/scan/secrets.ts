/** Kinds of secrets that can be told by their shape alone. Every pattern takes time in proportion to the text. */
const shapes: readonly (readonly [kind: string, pattern: RegExp])[] = [
  ["a private key", /-----BEGIN (?:[A-Z0-9]{1,12} ){0,3}PRIVATE KEY-----/],
  ["an AWS access key", /\b(?:AKIA|ASIA)[A-Z2-7]{16}\b/],
  ["a GitHub token", /\b(?:gh[pousr]_[A-Za-z0-9]{36}|github_pat_[A-Za-z0-9_]{22})/],
  ["a GitLab token", /\bglpat-[A-Za-z0-9_-]{20}/],
  ["a Hugging Face token", /\bhf_[A-Za-z]{34}\b/],
  ["an Anthropic key", /\bsk-ant-[A-Za-z0-9_-]{20}/],
  ["an OpenAI key", /\bsk-(?:proj-|svcacct-|admin-)[A-Za-z0-9_-]{20}|\bsk-[A-Za-z0-9]{48}\b/],
  ["a Google API key", /\bAIza[0-9A-Za-z_-]{35}\b/],
  ["a Slack token", /\bxox[abprs]-[0-9]{6,16}-[A-Za-z0-9-]{10}/],
  ["a Stripe key", /\b[rs]k_live_[0-9a-zA-Z]{24}/],
  ["an npm token", /\bnpm_[A-Za-z0-9]{36}\b/],
  ["a PyPI token", /\bpypi-AgEIcHlwaS5vcmc[A-Za-z0-9_-]{50}/],
  ["an Azure storage key", /\bAccountKey=[A-Za-z0-9+/]{86}==/],
  ["a Weights & Biases key", /\bWANDB_API_KEY["']?\s{0,5}[=:]\s{0,5}["']?[0-9a-f]{40}/],
  ["a JSON web token", /\beyJ[A-Za-z0-9_-]{10,300}\.eyJ[A-Za-z0-9_-]{10,2000}\.[A-Za-z0-9_-]{10}/],
  ["a password in an address", /\b[a-z][a-z0-9+.-]{1,20}:\/\/[^\s:@/"'<>{}$]{1,64}:[^\s:@/"'<>{}$]{3,128}@[A-Za-z0-9]/],
];

/** A secret, by its kind and place; what it is stays out of every report. */
export interface FoundSecret {
  readonly kind: string;
  /** From 1. */
  readonly line: number;
}

/** Finds the first secret of each kind in a text. */
export function findSecrets(text: string): readonly FoundSecret[] {
  return shapes.flatMap(([kind, pattern]) => {
    const at = text.search(pattern);
    if (at < 0) return [];
    let line = 1;
    for (let next = text.indexOf("\n"); next >= 0 && next < at; next = text.indexOf("\n", next + 1)) line++;
    return [{ kind, line }];
  });
}
