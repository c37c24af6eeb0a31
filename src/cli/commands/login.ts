import type { Credential } from "../../stores/remote/index.ts";
import type { CommandModule, Context, Outcome } from "../context.ts";
import { UsageError } from "../errors.ts";
import { givenCredential, storedCredentials } from "../options/credentials.ts";
import { addExamples } from "../options/examples.ts";
import { addRegistryOptions, connection, type RegistryOptions } from "../options/registry.ts";
import { safe } from "../render/text.ts";
import type { LoginResult } from "../results/login.ts";

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
  const { host, path, name } = parseRegistry(registry);
  const credential = await chooseCredential(context, options);
  let checked = false;
  const settings = await connection(context, options, credential);
  const { checkLogin, RemoteRegistry } = await import("../../stores/remote/index.ts");
  const opened = new RemoteRegistry({
    ...settings,
    host,
    ...(path ? { prefix: path } : {}),
    // Nobody asks for them where a registry lets everybody in.
    credentials: async () => {
      checked = true;
      return credential;
    },
  });
  try {
    await checkLogin(opened, { signal: context.signal });
  } finally {
    await opened.close();
  }
  if (!checked) context.note(`warning: ${name} asks nobody for credentials; these are stored without a check`);
  const stored = await storedCredentials(context, options);
  const storedIn = await stored.store(name, credential);
  const place = await stored.placeOf(host, path);
  if (place !== storedIn) context.note(`warning: other credentials for ${name} are in ${place}, and go first`);
  return { result: { kind: "login", schemaVersion: 1, registry: name, storedIn, checked } };
}

export interface NamedRegistry {
  readonly host: string;
  /** Where the credentials are for a part of the registry only, as podman has it. */
  readonly path?: string;
  /** Both together. */
  readonly name: string;
}

/** Reads a registry as Docker names it, host and port, or a path on it. */
export function parseRegistry(registry: string): NamedRegistry {
  const [, host, path] = /^([A-Za-z0-9.\-[\]:]+)(?:\/([a-z0-9][a-z0-9._/-]*?))?\/*$/.exec(registry) ?? [];
  if (host === undefined || registry.startsWith("oci:"))
    throw new UsageError(`registry is ${JSON.stringify(registry)}, expected a host such as registry.example.com:5000`);
  return path === undefined ? { host, name: host } : { host, path, name: `${host}/${path}` };
}

/** What the flags say, else what the user answers; as in oras, a secret without a user name is an identity token. */
async function chooseCredential(context: Context, options: RegistryOptions): Promise<Credential> {
  const isSecretGiven = options.password !== undefined || options.passwordStdin;
  if (options.username === undefined || isSecretGiven) {
    const given = await givenCredential(context, options);
    if (given) return given;
  }
  const username = options.username ?? (await context.prompt("Username: ", { hidden: false }));
  if (username !== undefined) {
    const secret = await context.prompt(username === "" ? "Token: " : "Password: ", { hidden: true });
    if (secret) return username === "" ? { identityToken: secret } : { username, password: secret };
  }
  throw new UsageError("no credentials given, expected -u <name> --password-stdin, or a terminal to ask on");
}

const render = (result: LoginResult): string =>
  `logged in to ${safe(result.registry)}, stored in ${safe(result.storedIn)}`;
