import type { Context, Outcome } from "../context.ts";
import { exitCodes } from "../exit-code.ts";
import { connect, type RegistryOptions } from "../options/registry.ts";
import type { Paint } from "../render/paint.ts";
import { count, formatBytes, safe } from "../render/text.ts";
import type { DoctorStoreResult } from "../results/doctor-store.ts";

/** Reads everything in a store and verifies every byte. Ends with 4 when something is missing or damaged. */
export async function checkStore(
  context: Context,
  location: string,
  options: RegistryOptions,
): Promise<Outcome<DoctorStoreResult>> {
  const { checkContents } = await import("../../oci/check-contents.ts");
  const { signal } = context;
  const registry = await connect(context, location, options);
  try {
    const repositories: DoctorStoreResult["repositories"] = [];
    for await (const name of registry.repositories({ signal })) {
      const { problems, ...counts } = await checkContents(registry.repository(name), { signal });
      repositories.push({ name, ...counts, problems: problems.map((problem) => ({ ...problem })) });
    }
    const isWhole = repositories.every(({ problems }) => problems.length === 0);
    const result: DoctorStoreResult = {
      ...{ kind: "doctor-store", schemaVersion: 1, registry: registry.location },
      repositories,
    };
    return { result, exitCode: isWhole ? exitCodes.done : exitCodes.verification };
  } finally {
    await registry.close();
  }
}

/** One line per repository, and one per problem. */
export function renderStore({ registry, repositories }: DoctorStoreResult, paint: Paint): string {
  if (repositories.length === 0) return `nothing in ${safe(registry)}`;
  return repositories
    .flatMap(({ name, manifests, blobs, bytes, problems }) => [
      `${problems.length === 0 ? paint.good("whole  ") : paint.bad("damaged")}  ${safe(name)}  ` +
        `${count(manifests, "manifest")}, ${count(blobs, "blob")}, ${formatBytes(bytes)} verified`,
      ...problems.map(
        ({ what, namedBy, code, message }) =>
          `  ${code}  ${safe(what)}${namedBy === undefined ? "" : `, named by ${safe(namedBy)}`}: ${safe(message)}`,
      ),
    ])
    .join("\n");
}
