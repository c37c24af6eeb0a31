import { z } from "zod";
import type { CommandModule, Context, Outcome } from "../context.ts";
import { UsageError } from "../errors.ts";
import { addExamples } from "../options/examples.ts";
import {
  addRegistryOptions,
  connection,
  credentialFile,
  givenCredential,
  type RegistryOptions,
} from "../options/registry.ts";
import { safe } from "../render/text.ts";

export const LoginResult = z.object({
  kind: z.literal("login"),
  schemaVersion: z.literal(1),
  registry: z.string(),
  storedIn: z.string().describe("credentials file, or the helper it names"),
});
export type LoginResult = z.infer<typeof LoginResult>;

export const command: CommandModule = {
  define(program, act) {
    const login = program
      .command("login <registry>")
      .description("check credentials against a registry and store them where Docker and oras find them")
      .action((registry: string, options: RegistryOptions) =>
        act(render, (context) => login_(context, registry, options)),
      );
    addRegistryOptions(login);
    addExamples(login, [
      { line: "echo secret | mreg login 127.0.0.1:5000 -u alice --password-stdin", does: "without a prompt, for CI" },
      {
        line: "echo secret | mreg login 127.0.0.1:5000 -u alice --password-stdin --registry-config ./auth.json",
        does: "store them in another file",
      },
    ]);
  },
};

async function login_(context: Context, registry: string, options: RegistryOptions): Promise<Outcome<LoginResult>> {
  const host = registryHost(registry);
  const credential = (await givenCredential(context, options)) ?? (await askCredential(context));
  const { checkLogin, DockerCredentials, RemoteRegistry } = await import("../../stores/remote/index.ts");
  const opened = new RemoteRegistry({ ...(await connection(context, options, credential)), host });
  try {
    await checkLogin(opened, { signal: context.signal });
  } finally {
    await opened.close();
  }
  const file = credentialFile(context, options);
  await new DockerCredentials({ files: [file] }).store(host, credential);
  return { result: { kind: "login", schemaVersion: 1, registry: host, storedIn: file } };
}

/** A registry as Docker names it: host and port, without path or scheme. */
export function registryHost(registry: string): string {
  const host = registry.replace(/\/+$/, "");
  if (/^[A-Za-z0-9.\-[\]:]+$/.test(host)) return host;
  throw new UsageError(`registry is ${JSON.stringify(registry)}, expected a host such as registry.example.com:5000`);
}

async function askCredential(context: Context): Promise<{ username: string; password: string }> {
  const username = await context.prompt("Username: ", { hidden: false });
  const password = username && (await context.prompt("Password: ", { hidden: true }));
  if (username && password) return { username, password };
  throw new UsageError("no credentials given, expected -u <name> --password-stdin, or a terminal to ask on");
}

const render = (result: LoginResult): string =>
  `logged in to ${safe(result.registry)}, stored in ${safe(result.storedIn)}`;
