import { type Document, isAlias, isMap, isScalar, parseDocument, visit } from "yaml";
import { LifecycleError } from "../errors.ts";
import { policyLimitBytes } from "../limits.ts";

/**
 * Reads YAML that somebody else may have written.
 *
 * Aliases are refused altogether: nine lines of them expand to gigabytes, and a policy that a reviewer reads top to
 * bottom must not say one thing in two places. Tags such as `!!js` have no meaning here and are refused too.
 *
 * @throws {@link LifecycleError} `POLICY_INVALID`.
 */
export function readYaml(text: string): unknown {
  if (Buffer.byteLength(text) > policyLimitBytes) {
    throw invalid(`it has ${Buffer.byteLength(text)} bytes, expected at most ${policyLimitBytes}`);
  }
  const document = parseDocument(text, {
    uniqueKeys: true,
    strict: true,
    version: "1.2",
    schema: "core",
    logLevel: "error",
  });
  const problem = document.errors[0] ?? document.warnings[0];
  if (problem) throw invalid(firstLine(problem.message), problem);
  refuseSurprises(document);
  return document.toJS({ maxAliasCount: 0 });
}

function refuseSurprises(document: Document.Parsed): void {
  visit(document, {
    Node: (_key, node) => {
      if (isAlias(node)) throw invalid(`it uses the alias *${node.source}; write the value out`);
      if (node.anchor) throw invalid(`it uses the anchor &${node.anchor}; write the value out`);
      if (!isMap(node)) return;
      for (const { key } of node.items) {
        // zod drops `__proto__` in records without a word; a dropped key is an unknown key.
        if (!isScalar(key) || typeof key.value !== "string" || key.value === "__proto__") {
          throw invalid(`it has the key ${JSON.stringify(key)}, expected a plain word`);
        }
      }
    },
  });
}

function firstLine(message: string): string {
  return (message.split("\n")[0] ?? message).replace(/:$/, "");
}

function invalid(reason: string, cause?: unknown): LifecycleError {
  return new LifecycleError("POLICY_INVALID", `policy cannot be read: ${reason}`, { cause });
}
