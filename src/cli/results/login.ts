import { z } from "zod";

export const LoginResult = z.object({
  kind: z.literal("login"),
  schemaVersion: z.literal(1),
  registry: z.string().describe("host, and path where the credentials are for what is below it only"),
  storedIn: z.string().describe("credentials file, or the helper program that keeps them"),
  checked: z.boolean().describe("the registry asked for the credentials and took them; false: it asks nobody"),
});
export type LoginResult = z.infer<typeof LoginResult>;
