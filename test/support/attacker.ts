import { onTestFinished } from "vitest";
import { digestOf } from "../../src/base/digest.ts";
import { RemoteRegistry } from "../../src/stores/remote/index.ts";
import { type Cast, World, type WorldOptions } from "./lifecycle.ts";
import type { RegistryOptions } from "./registry/options.ts";
import { startRegistry } from "./registry/server.ts";

const manifestType = "application/vnd.oci.image.manifest.v1+json";

/** Somebody with push access and plain HTTP, who asks mreg for nothing. */
export class Attacker {
  readonly #base: string;

  /** @param url - of the registry. */
  constructor(url: string, repository: string) {
    this.#base = `${url}/v2/${repository}`;
  }

  async #ask(method: string, path: string, body?: string): Promise<Response> {
    const init = body === undefined ? {} : { body, headers: { "content-type": manifestType } };
    const response = await fetch(`${this.#base}${path}`, { method, ...init });
    if (response.ok) return response;
    throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
  }

  /** The bytes of a manifest, as text. */
  async read(reference: string): Promise<string> {
    return (await this.#ask("GET", `/manifests/${reference}`)).text();
  }

  /** Puts the manifest that `from` names under a tag, whatever was there. */
  async tag(from: string, tag: string): Promise<void> {
    await this.#ask("PUT", `/manifests/${tag}`, await this.read(from));
  }

  /** Puts a changed copy of a manifest, by digest. @returns its digest. */
  async copy(from: string, change: (manifest: Record<string, unknown>) => void): Promise<string> {
    const manifest = JSON.parse(await this.read(from)) as Record<string, unknown>;
    change(manifest);
    return this.put(manifest);
  }

  /** Puts a manifest, by digest. @returns its digest. */
  async put(manifest: object): Promise<string> {
    const body = JSON.stringify(manifest);
    const digest = digestOf(body);
    await this.#ask("PUT", `/manifests/${digest}`, body);
    return digest;
  }

  /** Deletes a tag, or a manifest by digest. */
  async delete(reference: string): Promise<void> {
    await this.#ask("DELETE", `/manifests/${reference}`);
  }
}

/** A model on a registry that lets everybody do everything, and somebody who does. */
export async function attackedWorld(
  cast: Cast,
  { registry: options = {}, ...world }: Omit<WorldOptions, "registry"> & { readonly registry?: RegistryOptions } = {},
): Promise<{ readonly world: World; readonly attacker: Attacker }> {
  const server = await startRegistry(options);
  const registry = new RemoteRegistry({ host: server.host });
  onTestFinished(async () => {
    await registry.close();
    await server.close();
  });
  const model = world.model ?? "ml/risk";
  return { world: new World(cast, { ...world, registry, model }), attacker: new Attacker(server.url, model) };
}
