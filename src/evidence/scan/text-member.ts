import type { RangeReader } from "../../model/weights/range-reader.ts";

const textNames = /\.(?:json|txt|md|yaml|yml|csv|cfg|ini|toml|proto|jinja)$|(?:^|\/)(?:README|LICENSE|NOTICE)$/i;

/**
 * Tells whether a member of an archive has the name of a text, and looks like one; anything else is judged by what it
 * is.
 */
export async function isHarmlessText(path: string, read: RangeReader): Promise<boolean> {
  return textNames.test(path) && (await isText(read));
}

/** Notes are printable. */
export async function isText(read: RangeReader): Promise<boolean> {
  const bytes = await read.read(0, Math.min(read.size, 4096));
  return !bytes.some((byte) => byte < 9 || byte >= 0xf8);
}
