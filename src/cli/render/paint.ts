import { styleText } from "node:util";

/** Colours for a terminal, or nothing at all. */
export interface Paint {
  good(text: string): string;
  bad(text: string): string;
  dim(text: string): string;
  strong(text: string): string;
}

/** @param enabled - false without a terminal and under NO_COLOR. */
export function createPaint(enabled: boolean): Paint {
  const style = (format: "green" | "red" | "dim" | "bold") => (text: string) =>
    enabled ? styleText(format, text, { validateStream: false }) : text;
  return { good: style("green"), bad: style("red"), dim: style("dim"), strong: style("bold") };
}
