/** Tells the present time. Library code takes one as an argument and never looks at the wall by itself. */
export type Clock = () => Date;

export const systemClock: Clock = () => new Date();

/** RFC 3339 in UTC, whole seconds: the form that cosign and the OCI annotations use. */
export function timestamp(date: Date): string {
  return `${date.toISOString().slice(0, 19)}Z`;
}
