import { collect } from "../base/bytes.ts";
import { digestOf } from "../base/digest.ts";
import { hasCode, isMregError } from "../base/errors.ts";
import type { CallOptions, Registry, Repository } from "./content.ts";
import { type Descriptor, describe, identity } from "./descriptor.ts";
import type { Manifest } from "./manifest.ts";
import { mediaTypes } from "./media-types.ts";
import { emptyJson, manifestSource, packManifest } from "./pack.ts";
import { ProbeCleanup } from "./probe-cleanup.ts";
import { type BlobSource, bytesSource } from "./source.ts";

/** What a store is asked about. The second row has to do with HTTP, and only registries are asked about it. */
export type ProbeName =
  | (
      | "push"
      | "tags"
      | "writeOnce"
      | "immutableTags"
      | "referrers"
      | "mount"
      | "sha512"
      | "catalog"
      | "untag"
      | "delete"
    )
  | ("auth" | "clock" | "referrersApi" | "subjectHeader" | "ranges" | "chunks" | "conditionalWrites");

export interface Finding {
  readonly probe: ProbeName;
  readonly answer: "yes" | "no" | "unknown";
  /** What was seen, such as a status or a limit. */
  readonly detail?: string;
}

/** What a probe works with; all of it is at the store but for `spare`, which is only removed afterwards. */
export interface ProbeContent {
  readonly tag: string;
  readonly blob: BlobSource;
  readonly spare: BlobSource;
  readonly manifest: Manifest;
  /** To move the tag to. */
  readonly other: Manifest;
  /** Has `manifest` as its subject. */
  readonly referrer: Manifest;
}

export interface ProbeOptions extends CallOptions {
  /** Throw-away repository; one beside it, with `-mount` at its end, is used too. */
  readonly repository: string;
  /** Further questions, asked while the content is there. */
  readonly more?: (content: ProbeContent) => Promise<readonly Finding[]>;
}

export interface ProbeReport {
  readonly findings: readonly Finding[];
  /** What could not be removed. */
  readonly left: readonly string[];
}

const artifactType = "application/vnd.mreg.probe.v1";

/**
 * Tries out what a store can do, by doing it in a throw-away repository that is emptied afterwards.
 *
 * A refusal is an answer. That nothing can be pushed at all is an error, since then there is nothing to ask about.
 */
export async function probeStore(registry: Registry, options: ProbeOptions): Promise<ProbeReport> {
  const { repository: name, signal } = options;
  const [store, beside] = [registry.repository(name), registry.repository(`${name}-mount`)];
  const content = makeContent(name);
  const cleanup = new ProbeCleanup(store, beside);
  try {
    const probe = new StoreProbe(registry, { store, beside, content, cleanup, signal });
    const findings = [await probe.push(), ...(await probe.names()), ...(await probe.content())];
    findings.push(...((await options.more?.(content)) ?? []));
    findings.push(...(await probe.removal()));
    return { findings, left: await cleanup.run(content) };
  } catch (error) {
    await cleanup.run(content);
    throw error;
  }
}

function makeContent(name: string): ProbeContent {
  const blob = textBlob(`probe of ${name}`);
  const pack = (annotation: string, subject?: Descriptor) =>
    packManifest({
      artifactType,
      layers: [blob.descriptor],
      annotations: { "dev.mreg.probe": annotation },
      ...(subject ? { subject } : {}),
    });
  const manifest = pack("one");
  return {
    ...{ tag: "probe", blob, spare: textBlob(`spare of ${name}, sent in two pieces`) },
    ...{ manifest, other: pack("two"), referrer: pack("referrer", identity(manifest.descriptor)) },
  };
}

function textBlob(text: string): BlobSource {
  const bytes = Buffer.from(text);
  return bytesSource(describe(mediaTypes.octetStream, bytes), bytes);
}

interface ProbeParts extends CallOptions {
  readonly store: Repository;
  readonly beside: Repository;
  readonly content: ProbeContent;
  readonly cleanup: ProbeCleanup;
}

/** Asks one thing after the other. */
class StoreProbe {
  readonly #registry: Registry;
  readonly #parts: ProbeParts;
  readonly #options: CallOptions;

  constructor(registry: Registry, parts: ProbeParts) {
    this.#registry = registry;
    this.#parts = parts;
    this.#options = { signal: parts.signal };
  }

  async push(): Promise<Finding> {
    const { content, store } = this.#parts;
    for (const source of [emptyJson, content.blob]) await store.push(source, this.#options);
    for (const manifest of [content.manifest, content.other]) await store.push(manifestSource(manifest), this.#options);
    const { descriptor } = content.blob;
    await collect(store.fetch(descriptor, this.#options), descriptor.size);
    return { probe: "push", answer: "yes" };
  }

  async names(): Promise<readonly Finding[]> {
    const { content, store } = this.#parts;
    const { tag } = content;
    const [one, other] = [identity(content.manifest.descriptor), identity(content.other.descriptor)];
    return [
      await this.#ask("tags", async () => {
        await store.tag(one, tag, this.#options);
        const isNamed = (await store.resolve(tag, this.#options)).digest === one.digest;
        let isListed = false;
        for await (const each of store.tags(this.#options)) isListed ||= each === tag;
        return [isNamed && isListed, isListed ? undefined : "the tag is not in the list of tags"];
      }),
      await this.#ask("writeOnce", async () => {
        try {
          await store.tag(other, tag, { once: true, ...this.#options });
        } catch (error) {
          if (!hasCode(error, "CONFLICT")) throw error;
        }
        return [(await store.resolve(tag, this.#options)).digest === one.digest];
      }),
      await this.#ask("immutableTags", async () => {
        try {
          await store.tag(other, tag, this.#options);
        } catch (error) {
          if (!hasCode(error, "CONFLICT")) throw error;
        }
        return [(await store.resolve(tag, this.#options)).digest === one.digest];
      }),
    ];
  }

  async content(): Promise<readonly Finding[]> {
    const { beside, cleanup, content, store } = this.#parts;
    const { blob, manifest, referrer } = content;
    return [
      await this.#ask("referrers", async () => {
        await store.push(manifestSource(referrer), this.#options);
        for await (const each of store.referrers(manifest.descriptor, this.#options)) {
          if (each.digest !== referrer.descriptor.digest) continue;
          const isTyped = each.artifactType === artifactType;
          return [true, isTyped ? undefined : "without the artifact type"];
        }
        return [false, "what was attached is not listed"];
      }),
      await this.#ask("mount", async () => [await beside.mount(blob.descriptor, store.name, this.#options)]),
      await this.#ask("sha512", async () => {
        const bytes = Buffer.from(`sha512 of ${store.name}`);
        const descriptor = { ...describe(mediaTypes.octetStream, bytes), digest: digestOf(bytes, "sha512") };
        await store.push(bytesSource(descriptor, bytes), this.#options);
        cleanup.add(descriptor);
        await collect(store.fetch(descriptor, this.#options), descriptor.size);
        return [true];
      }),
      await this.#ask("catalog", async () => {
        for await (const _first of this.#registry.repositories(this.#options)) break;
        return [true];
      }),
    ];
  }

  async removal(): Promise<readonly Finding[]> {
    const { content, store } = this.#parts;
    const one = identity(content.manifest.descriptor);
    const untagged = `${content.tag}-untag`;
    return [
      await this.#ask("untag", async () => {
        await store.tag(one, untagged, this.#options);
        await store.untag(untagged, this.#options);
        const isKept = await store.exists(one, this.#options);
        return [isKept, isKept ? undefined : "the manifest went with its tag"];
      }),
      await this.#ask("delete", async () => {
        await store.delete(content.referrer.descriptor, this.#options);
        return [!(await store.exists(content.referrer.descriptor, this.#options))];
      }),
    ];
  }

  /** Asks one question. What the store refuses is a no; what says nothing about it stays unknown. */
  async #ask(probe: ProbeName, work: () => Promise<readonly [boolean, (string | undefined)?]>): Promise<Finding> {
    try {
      const [isYes, detail] = await work();
      return { probe, answer: isYes ? "yes" : "no", ...(detail === undefined ? {} : { detail }) };
    } catch (error) {
      this.#options.signal?.throwIfAborted();
      if (!isMregError(error)) throw error;
      const answer = hasCode(error, "RATE_LIMITED", "UNAVAILABLE", "NETWORK", "TIMEOUT") ? "unknown" : "no";
      return { probe, answer, detail: error.message };
    }
  }
}
