import { stat, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { stringify } from "yaml";
import { parsePublicKey } from "../../trust/index.ts";
import { configFileName } from "../config.ts";
import type { CommandModule, Context, Outcome } from "../context.ts";
import { UsageError } from "../errors.ts";
import { addExamples } from "../options/examples.ts";
import { readKey } from "../options/key-reference.ts";
import { policyFileName } from "../options/policy.ts";
import { gather } from "../options/values.ts";
import { safe } from "../render/text.ts";
import type { InitResult } from "../results/init.ts";

export interface InitOptions {
  readonly role: readonly string[];
  readonly owner?: string;
  readonly key?: string;
  readonly soak?: string;
  readonly policyName: string;
}

export const command: CommandModule = {
  define(program, act) {
    const init = program
      .command("init")
      .description("write mreg.yaml and mreg.policy.yaml here, with comments; never overwrites")
      .option(
        "--role <role=name:file>",
        "give a role to the holder of a public key, repeatable; roles: data-scientist, ci, mlops, lead, owner",
        gather,
        [],
      )
      .option("--owner <team>", "owning team of what is pushed from here")
      .option("--key <file>", "private key that commands here sign with")
      .option("--soak <duration>", "least time in staging before production, such as 24h")
      .option("--policy-name <name>", "name of the policy", "models")
      .action((options: InitOptions) => act(render, (context) => init_(context, options)));
    addExamples(init, [
      { line: "mreg init", does: "a policy that trusts nobody yet: add public keys to it" },
      {
        line: "mreg init --role data-scientist=alice:alice.pub --role mlops=mike:mike.pub --role lead=lea:lea.pub --key alice.key",
        does: "three people with three roles",
      },
    ]);
  },
};

async function init_(context: Context, options: InitOptions): Promise<Outcome<InitResult>> {
  const { defaultPolicyYaml, parsePolicy } = await import("../../lifecycle/index.ts");
  const config = join(context.cwd, configFileName);
  const policy = join(context.cwd, policyFileName);
  for (const path of [config, policy]) await refuseExisting(path);
  const { identities, roles } = await readRoles(context, options.role);
  const text = defaultPolicyYaml({
    name: options.policyName,
    identities,
    roles,
    ...(options.soak ? { soak: options.soak } : {}),
  });
  const { digest } = parsePolicy(text);
  await writeFile(policy, text, { flag: "wx" });
  await writeFile(config, configText(context, options), { flag: "wx" });
  return {
    result: { kind: "init", schemaVersion: 1, config: configFileName, policy: policyFileName, policyDigest: digest },
  };
}

async function refuseExisting(path: string): Promise<void> {
  if (await stat(path).catch(() => undefined)) throw new UsageError(`${path} is there already; nothing was written`);
}

interface RoleAssignment {
  readonly identities: Readonly<Record<string, { readonly publicKey: string }>>;
  readonly roles: Readonly<Record<string, readonly string[]>>;
}

async function readRoles(context: Context, assignments: readonly string[]): Promise<RoleAssignment> {
  const identities: Record<string, { publicKey: string }> = {};
  const roles: Record<string, string[]> = {};
  for (const assignment of assignments) {
    const [, role, name, file] = /^([a-z-]+)=([a-z0-9][a-z0-9._-]*):(.+)$/.exec(assignment) ?? [];
    if (!role || !name || !file)
      throw new UsageError(`--role is ${JSON.stringify(assignment)}, expected <role>=<name>:<public key file>`);
    identities[name] = { publicKey: parsePublicKey(await readKey(context, file)).pem };
    roles[role] = [...(roles[role] ?? []), name];
  }
  return { identities, roles };
}

function configText(context: Context, options: InitOptions): string {
  const registry = context.config.registry;
  const entry = (comment: string, key: string, value: unknown) =>
    value === undefined ? `# ${comment}\n# ${key}: …\n` : `# ${comment}\n${stringify({ [key]: value })}`;
  return [
    "# What one would otherwise repeat on every mreg command line. Paths are relative to this file.\n",
    entry(
      "Default registry: registry.example.com/ml, or oci:<directory> for the embedded store.",
      "registry",
      registry && localLocation(registry, context.cwd),
    ),
    entry("Who may do what, and which evidence it takes.", "policy", policyFileName),
    entry(
      "The private key that commands sign with; its password comes from COSIGN_PASSWORD.",
      "signing",
      options.key && { key: options.key },
    ),
    entry("Defaults for `mreg push`.", "model", options.owner && { owner: options.owner }),
  ].join("\n");
}

/** A store below the working directory is written relative, so that the project can move. */
function localLocation(location: string, directory: string): string {
  if (!location.startsWith("oci:")) return location;
  const path = relative(directory, location.slice("oci:".length));
  return path.startsWith("..") ? location : `oci:./${path}`;
}

const render = (result: InitResult): string =>
  [`${safe(result.config)}`, `${safe(result.policy)}  ${result.policyDigest}`].join("\n");
