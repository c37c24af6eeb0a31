import { z } from "zod";
import type { CommandModule, Context, Outcome } from "../context.ts";
import { addExamples } from "../options/examples.ts";
import { addRegistryOptions, credentialFile, type RegistryOptions } from "../options/registry.ts";
import { safe } from "../render/text.ts";
import { registryHost } from "./login.ts";

export const LogoutResult = z.object({
  kind: z.literal("logout"),
  schemaVersion: z.literal(1),
  registry: z.string(),
});
export type LogoutResult = z.infer<typeof LogoutResult>;

export const command: CommandModule = {
  define(program, act) {
    const logout = program
      .command("logout <registry>")
      .description("remove stored credentials of a registry")
      .action((registry: string, options: RegistryOptions) =>
        act(render, (context) => logout_(context, registry, options)),
      );
    addRegistryOptions(logout);
    addExamples(logout, [
      { line: "mreg logout 127.0.0.1:5000", does: "forget the credentials in Docker's config.json" },
      { line: "mreg logout 127.0.0.1:5000 --registry-config ./auth.json", does: "forget those in another file" },
    ]);
  },
};

async function logout_(context: Context, registry: string, options: RegistryOptions): Promise<Outcome<LogoutResult>> {
  const host = registryHost(registry);
  const { DockerCredentials } = await import("../../stores/remote/index.ts");
  await new DockerCredentials({ files: [credentialFile(context, options)] }).erase(host);
  return { result: { kind: "logout", schemaVersion: 1, registry: host } };
}

const render = (result: LogoutResult): string => `logged out of ${safe(result.registry)}`;
