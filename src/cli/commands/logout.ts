import type { CommandModule, Context, Outcome } from "../context.ts";
import { addCredentialFileOption, type CredentialOptions, storedCredentials } from "../options/credentials.ts";
import { addExamples } from "../options/examples.ts";
import { safe } from "../render/text.ts";
import type { LogoutResult } from "../results/logout.ts";
import { parseRegistry } from "./login.ts";

export const command: CommandModule = {
  define(program, act) {
    const logout = program
      .command("logout <registry>")
      .description("remove stored credentials of a registry")
      .action((registry: string, options: CredentialOptions) =>
        act(render, (context) => logout_(context, registry, options)),
      );
    addCredentialFileOption(logout);
    addExamples(logout, [
      { line: "mreg logout 127.0.0.1:5000", does: "forget the credentials in Docker's config.json" },
      { line: "mreg logout 127.0.0.1:5000 --registry-config ./auth.json", does: "forget those in another file" },
    ]);
  },
};

async function logout_(context: Context, registry: string, options: CredentialOptions): Promise<Outcome<LogoutResult>> {
  const { host, path, name } = parseRegistry(registry);
  const stored = await storedCredentials(context, options);
  const outcome = (await stored.erase(name)) ? "removed" : "absent";
  const remaining = await stored.placeOf(host, path);
  return {
    result: { kind: "logout", schemaVersion: 1, registry: name, outcome, ...(remaining ? { remaining } : {}) },
  };
}

function render({ registry, outcome, remaining }: LogoutResult): string {
  const did =
    outcome === "removed" ? `logged out of ${safe(registry)}` : `not logged in to ${safe(registry)}: nothing is stored`;
  return remaining === undefined ? did : `${did}; ${safe(remaining)} still has credentials for it`;
}
