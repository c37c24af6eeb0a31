import { beforeAll, describe, expect, test } from "vitest";
import { type Cast, castPolicyYaml, newCast } from "../../../test/support/lifecycle.ts";
import { newSigner } from "../../../test/support/trust.ts";
import { digestOf } from "../../base/digest.ts";
import { isMregError } from "../../base/errors.ts";
import { describeCertificateIdentity } from "../../trust/certificate-identity.ts";
import { defaultPolicyYaml } from "./default-policy.ts";
import { parsePolicy } from "./parse.ts";
import { memberByFingerprint, personsInRoles } from "./policy.ts";

let cast: Cast;
let yaml: string;
beforeAll(async () => {
  cast = await newCast();
  yaml = castPolicyYaml(cast, "24h");
});

/** Expects a policy to be refused for this reason. */
function refused(text: string, reason: string | RegExp): void {
  try {
    parsePolicy(text);
  } catch (error) {
    if (!isMregError(error)) throw error;
    expect(error.code).toBe("POLICY_INVALID");
    expect(error.message).toMatch(reason);
    return;
  }
  expect.fail(`expected a refusal: ${reason}`);
}

/** Changes the sample policy, and insists that something did change. */
function edited(from: string | RegExp, to: string): string {
  const text = yaml.replace(from, to);
  expect(text).not.toBe(yaml);
  return text;
}

const stagingGates = "requires: [signature, owner, card, lineage, eval, scan]\n";

describe("parsePolicy", () => {
  test("parsePolicy: reads the default policy; its digest is that of the file's bytes", () => {
    const policy = parsePolicy(yaml);
    expect(policy).toMatchObject({ name: "models", version: 1, weakened: [], digest: digestOf(yaml) });
    expect(policy).toMatchObject({ initialState: "experimental", liveState: "production" });
    expect(policy.transitions.map(({ from, to, kind }) => `${from} → ${to} ${kind}`)).toEqual([
      "experimental → staging promote",
      "staging → production promote",
      "production → retired retire",
      "retired → archived archive",
      "production → production rollback",
      "production → production assign",
      ...["experimental", "staging", "production", "retired", "archived"].map((from) => `${from} → revoked revoke`),
      "experimental → production break-glass",
      "staging → production break-glass",
      "production → production follow-up",
      ...["production", "retired", "archived"].flatMap((state) => [
        `${state} → ${state} hold`,
        `${state} → ${state} release`,
      ]),
    ]);
    expect(memberByFingerprint(policy, cast.alice2.publicKey.identity.fingerprint)).toMatchObject({
      ...{ name: "alice2", person: "alice", roles: ["lead"] },
    });
    expect(memberByFingerprint(policy, cast.mallory.publicKey.identity.fingerprint)).toBeUndefined();
    expect(personsInRoles(policy, ["lead", "data-scientist"])).toEqual(["alice", "lea", "lou"]);
  });

  test("parsePolicy: reads the default policy of a team that has no keys yet", () => {
    const policy = parsePolicy(defaultPolicyYaml({ name: "models", identities: {}, roles: {} }));
    expect([...policy.members]).toEqual([]);
    expect([...policy.roles.keys()]).toEqual(["data-scientist", "ci", "mlops", "lead", "owner"]);
  });

  test("defaultPolicyYaml: refuses a soak that is no duration", () => {
    expect(() => defaultPolicyYaml({ name: "models", identities: {}, roles: {}, soak: "1 day" })).toThrow(
      /soak is "1 day"/,
    );
  });

  test.each([
    [
      "a key at the top",
      /^apiVersion/m,
      "antigaming: {}\napiVersion",
      /unknown "antigaming", allowed: apiVersion, kind, metadata/,
    ],
    [
      "a misspelt field",
      "notPartial: true",
      "notpartial: true",
      /evidence\.eval: unknown "notpartial", allowed: predicate, signedBy/,
    ],
    [
      "a key in a document rule",
      "{document: runbook}",
      "{document: runbook, maxage: 1d}",
      /evidence\.runbook: unknown "maxage"/,
    ],
    ["a predicate", "predicate: lineage", "predicate: lineag", /evidence\.lineage\.predicate: .*(lineage|Invalid)/],
    [
      "a document",
      "{document: runbook}",
      "{document: runbok}",
      /evidence\.runbook\.document: .*"runbook"\|"rollback-plan"/,
    ],
    [
      "a card field",
      "intendedUse, limitations",
      "intendeduse, limitations",
      /evidence\.card\.require\.0: .*"intendedUse"/,
    ],
    ["a state", "to: staging", "to: stagin", /transitions\.0: unknown state "stagin", allowed: experimental, staging/],
    [
      "a role in authorize",
      "{roles: [mlops, ci]}",
      "{roles: [mlop, ci]}",
      /transitions\.0\.authorize\.roles: unknown role "mlop", allowed: data-scientist/,
    ],
    [
      "a role in signedBy",
      "signedBy: [data-scientist, ci, owner]",
      "signedBy: [datascientist]",
      /evidence\.card\.signedBy: unknown role "datascientist"/,
    ],
    [
      "a role of approvals",
      "roles: [lead], distinct",
      "roles: [leads], distinct",
      /approvals\.roles: unknown role "leads"/,
    ],
    [
      "a role from JavaScript",
      "roles: [lead], distinct",
      "roles: [constructor], distinct",
      /unknown role "constructor"/,
    ],
    [
      "a gate",
      "[signature, owner, card",
      "[signature, owners, card",
      /transitions\.0\.requires: unknown gate "owners", allowed: signature, owner/,
    ],
    ["a name in a role", /^ {4}- mike/m, "    - mik", /roles\.mlops: unknown identity "mik", allowed: alice/],
    [
      "a part in distinctFrom",
      "[pusher, evaluator",
      "[pushers, evaluator",
      /distinctFrom\.0: .*"pusher"\|"evaluator"\|"requester"/,
    ],
    ["a duration", "maxAge: 90d", "maxAge: 90 days", /evidence\.scan\.maxAge: expected a duration such as/],
    [
      "a number where a decimal must be",
      'maxRegression: "0.005"',
      "maxRegression: 0.005",
      /baseline\.maxRegression: expected a decimal in quotes/,
    ],
    ["a kind of transition", "kind: retire", "kind: demote", /transitions\.2\.kind: .*"promote"\|"rollback"/],
    ["another version of the format", "mreg/v1", "mreg/v2", /apiVersion: .*mreg\/v1/],
    ["a weakening", /$/, "weakens: [lineage]\n", /weakens\.0: .*"signature"\|"card"\|"eval"/],
  ])("parsePolicy: says where %s is unknown, and what is allowed", (_what, from, to, reason) => {
    refused(edited(from, to), reason);
  });

  test.each([
    ["two initial states", "staging: {serve: shadow}", "staging: {initial: true, serve: none}", /2 are initial/],
    [
      "an initial state that serves",
      "{initial: true, serve: none}",
      "{initial: true, serve: shadow}",
      /initial state serves none/,
    ],
    ["no live state", "production: {serve: live}", "production: {serve: shadow}", /0 serve live/],
    ["a way out of a terminal state", "from: retired", "from: archived", /archived is terminal/],
    ["a way into the initial state", "to: archived", "to: experimental", /experimental is initial/],
    [
      "a rollback that changes state",
      "    to: production\n    kind: rollback",
      "    to: retired\n    kind: rollback",
      /equal for a rollback/,
    ],
    [
      "one move twice",
      "from: retired\n    to: archived",
      "from: production\n    to: retired",
      /same move as transitions.2/,
    ],
    [
      "an evidence rule named like a gate",
      "  card:\n",
      "  owner:\n",
      /evidence\.owner: is the name of a built-in gate/,
    ],
    [
      "a metric without a bound",
      "claims: required",
      "claims: required\n    metrics: [{id: a.b}]",
      /exactly one of min and max/,
    ],
    [
      "a metric twice",
      "claims: required",
      'claims: required\n    metrics: [{id: a.b, min: "1"}, {id: a.b, max: "2"}]',
      /a\.b is there twice/,
    ],
    ["a state with a hyphen", "shadow}\n", "shadow}\n  pre-prod: {serve: none}\n", /states.*lower-case letters only/],
  ])("parsePolicy: refuses %s", (_what, from, to, reason) => {
    refused(edited(from, to), reason);
  });

  test("parsePolicy: refuses one key under two names, and something that is no public key", async () => {
    const twice = { publicKey: cast.alice.publicKey.pem };
    refused(
      defaultPolicyYaml({ name: "models", identities: { alice: twice, bob: twice }, roles: {} }),
      /identities\.bob\.publicKey: is the key of alice too \(sha256:/,
    );
    refused(
      defaultPolicyYaml({ name: "models", identities: { alice: { publicKey: "PEM" } }, roles: {} }),
      /identities\.alice\.publicKey: not a public key/,
    );
    const rsa = await newSigner("RSA 2048");
    parsePolicy(
      defaultPolicyYaml({ name: "models", identities: { rsa: { publicKey: rsa.publicKey.pem } }, roles: {} }),
    );
  });

  test("parsePolicy: names every problem, not only the first", () => {
    refused(edited(stagingGates, "requires: [a, b]\n"), /unknown gate "a".*unknown gate "b"/);
  });
});

describe("hostile YAML", () => {
  test.each([
    ["an alias", "a: &a [1]\nb: *a\n", /anchor &a|alias \*a/],
    ["an anchor", "a: &a 1\n", /anchor &a/],
    ["a key twice", "a: 1\na: 2\n", /unique/],
    ["a merge key", "<<: {a: 1}\n", /unknown "<<"/],
    ["a tag", "a: !!js/function x\n", /Unresolved tag/],
    ["a prototype", "__proto__: {polluted: true}\n", /__proto__/],
    ["a key that is a list", "? [a]\n: 1\n", /expected a plain word/],
    ["two documents", "a: 1\n---\nb: 2\n", /multiple documents/],
    ["no YAML", "{", /policy cannot be read/],
    ["nothing", "", /policy is not valid/],
    ["too much", `# ${"x".repeat(1024 * 1024)}`, /has 10485\d\d bytes, expected at most 1048576/],
  ])("parsePolicy: refuses %s", (_what, text, reason) => {
    refused(text, reason);
  });

  test("parsePolicy: refuses nine lines that would expand to gigabytes", () => {
    const lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"];
    for (let at = 1; at < 9; at++) {
      const before = `*a${at - 1}`;
      lines.push(`a${at}: &a${at} [${Array(9).fill(before).join(", ")}]`);
    }
    refused(lines.join("\n"), /anchor|alias/);
  });
});

describe("the invariant", () => {
  test.each([
    ["signature", "requires: [owner, card, lineage, eval, scan]\n"],
    ["card", "requires: [signature, owner, lineage, eval, scan]\n"],
    ["eval", "requires: [signature, owner, card, lineage, scan]\n"],
  ])("parsePolicy: staging without %s takes a policy that says so, and no more than that", (demand, gates) => {
    const text = edited(stagingGates, gates);
    refused(text, new RegExp(`experimental → staging demands no .*weakens: \\[${demand}\\]`));
    const [weakness] = parsePolicy(`${text}weakens: [${demand}]\n`).weakened;
    expect(weakness).toMatch(/^experimental → staging demands no /);
    refused(`${yaml}weakens: [${demand}]\n`, /names \w+, but nothing drops that demand/);
    refused(`${text}weakens: [signature, card, eval]\n`, /nothing drops that demand/);
  });

  test("parsePolicy: an eval that any numbers pass is no passing eval", () => {
    const lax = edited(/claims: required\n {4}# Not worse/, "claims: optional\n    # Not worse");
    refused(lax, /demands no passing eval/);
    refused(lax.replace("environment: [offline]", "environment: [canary]"), /demands no passing eval/);
    parsePolicy(lax.replace("ifNone: allow}\n    # suite", "ifNone: deny}\n    # suite"));
    parsePolicy(lax.replace("claims: optional\n", 'claims: optional\n    metrics: [{id: a.b, min: "0.7"}]\n'));
  });

  test("parsePolicy: staging keeps its gates, even where the policy says that it serves nothing", () => {
    const text = edited("staging: {serve: shadow}", "staging: {serve: none}");
    parsePolicy(text);
    refused(text.replace(stagingGates, "requires: [owner]\n"), /experimental → staging demands no signature/);
  });

  test("parsePolicy: a shortcut into service around staging is a weakening, whatever the state is called", () => {
    const shortcut = `${yaml}  - {from: experimental, to: production, requires: [signature], authorize: {roles: [lead]}}\n`;
    refused(
      shortcut,
      /experimental → production demands no model card.*experimental → production demands no passing eval/,
    );
    const preview = edited("  staging: {serve: shadow}\n", "  staging: {serve: shadow}\n  preview: {serve: shadow}\n");
    refused(
      `${preview}  - {from: experimental, to: preview, authorize: {roles: [lead]}}\n`,
      /→ preview demands no signature/,
    );
  });
});

/** Separation of duties counts humans: whatever they sign with, and however many of it they have. */
describe("persons", () => {
  const issuer = "https://accounts.example.com";
  const keyless = (name: string, identity: string) =>
    `  ${name}:\n    person: alice\n    issuer: ${issuer}\n    identity: ${identity}\n`;
  const withIdentities = (text: string) =>
    edited("identities:\n", `identities:\n${text}`).replace("  lead:\n", "  lead:\n    - alice-sso\n");

  test("two keys and a certificate identity of one human are one person, with the roles of each", () => {
    const policy = parsePolicy(withIdentities(keyless("alice-sso", "alice@example.com")));
    const certificate = describeCertificateIdentity(issuer, "alice@example.com");
    const members = [cast.alice.publicKey.identity, cast.alice2.publicKey.identity, certificate].map(
      ({ fingerprint }) => memberByFingerprint(policy, fingerprint),
    );
    expect(members.map((member) => member?.person)).toEqual(["alice", "alice", "alice"]);
    expect(members[2]).toMatchObject({ name: "alice-sso", roles: ["lead"], identity: certificate });
    expect(personsInRoles(policy, ["lead", "data-scientist"])).toEqual(["alice", "lea", "lou"]);
    const { fingerprint } = describeCertificateIdentity("https://other.example.com", "alice@example.com");
    expect(memberByFingerprint(policy, fingerprint)).toBeUndefined();
  });

  test("one identity has one name", () => {
    const twice = keyless("alice-sso", "alice@example.com") + keyless("bob-sso", "alice@example.com");
    refused(withIdentities(twice), /alice-sso/);
  });
});
