/** What a schema library says is wrong, of which only this is read: so that saying it loads no schema library. */
interface SchemaError {
  readonly issues: readonly { readonly path: readonly PropertyKey[]; readonly message: string }[];
}

/** Problems listed; whoever mends five reads the rest the next time. */
const listed = 5;
/** What of one problem is shown: it may quote the document, which is somebody else's. */
const problemCharacters = 300;

/**
 * Says what is wrong with a document, on one line, as messages are: `suite.version: expected string; results.0: …`.
 *
 * The text may quote what was read, without line feeds and other control characters.
 */
export function schemaProblems({ issues }: SchemaError): string {
  const lines = issues.slice(0, listed).map(({ path, message }) => {
    const place = path.length > 0 ? `${path.map(String).join(".")}: ` : "";
    return `${place}${message}`.replaceAll(/[\p{Cc}\u2028\u2029]+/gu, " ").slice(0, problemCharacters);
  });
  const more = issues.length - lines.length;
  return [...lines, ...(more > 0 ? [`and ${more} more`] : [])].join("; ");
}
