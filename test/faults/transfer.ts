import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { TransferEvent } from "../../src/base/events.ts";
import { buildModel, pullModel, uploadModel } from "../../src/model/index.ts";
import { pushModel } from "../../src/push-model.ts";
import { type RemoteOptions, RemoteRegistry } from "../../src/stores/remote/index.ts";
import type { Intercept } from "../support/faults/index.ts";
import type { Fault, FaultAction, RegistryOptions, RouteName, RunningRegistry } from "../support/registry/index.ts";
import type { Act, FaultCase } from "./fault-case.ts";
import {
  expectPulled,
  expectPulledLong,
  expectPushed,
  longWeights,
  modelName,
  packModel,
  storeModel,
  weights,
  weightsName,
} from "./model.ts";
import { robot, type World } from "./world.ts";

/** What goes wrong in a transfer, on the registry itself or in front of it. */
export interface TransferFault {
  readonly registry?: RegistryOptions;
  readonly remote?: Partial<RemoteOptions>;
  readonly faults?: readonly Fault[];
  readonly front?: Intercept;
  /** The same two, for faults that need to know the registry or another server. */
  readonly prepare?: (world: World, server: RunningRegistry) => Promise<Pick<TransferFault, "faults" | "front">>;
  /** The front speaks TLS, with a certificate that mreg is told to accept. */
  readonly tls?: boolean;
  /** Whether a file of 36 MiB is pulled. Default 256 KiB. */
  readonly isLong?: boolean;
  /** Length of the file that is pushed. Default 256 KiB. */
  readonly modelBytes?: number;
  /** Done between the arrangement and the transfer. */
  readonly before?: (server: RunningRegistry) => void;
}

type Arrange = FaultCase["arrange"];

/** A fault that hits every request of a route. */
export const always = (route: RouteName, action: FaultAction): Fault => ({ route, action, times: Infinity });
/** A fault that hits the first requests of a route. */
export const times = (count: number, route: RouteName, action: FaultAction): Fault => ({ route, action, times: count });
/** The same for uploads of the weights, which come after the config. */
export const onWeights = (action: FaultAction, count = 1): Fault => ({
  route: "upload.put",
  action,
  times: count,
  skip: 1,
});

/** Pulls a model of one file by its tag: HEAD and GET of the manifest, GET of the blob, when nothing goes wrong. */
export function pull(fault: TransferFault): Arrange {
  return async (world) => {
    const { server, registry } = await open(world, fault, (upstream) =>
      storeIn(upstream, fault.isLong ? longWeights : weights),
    );
    const directory = join(await world.directory(), "out");
    world.afterwards((outcome) => (fault.isLong ? expectPulledLong : expectPulled)(directory, outcome));
    const repository = registry.repository(modelName);
    fault.before?.(server);
    return async () => pullModel(repository, await repository.resolve("v1"), directory, { onEvent: () => {} });
  };
}

/** Pushes a model of one file, one blob after the other, and tags it v1. */
export function push(fault: TransferFault): Arrange {
  return async (world) => {
    const artifact = await packModel(world, fault.modelBytes);
    const { server, registry } = await open(world, fault, async () => {});
    world.afterwards((outcome) => expectPushed(server, artifact, outcome));
    fault.before?.(server);
    return () => uploadModel(registry.repository(modelName), artifact, { concurrency: 1 });
  };
}

/** Length of a file that is sent while it is hashed, as short as the model's floor allows. */
export const aheadBytes = 16 * 1024 * 1024;

/** Pushes a model of one long file that is sent while it is hashed. `meanwhile` may do something to the file. */
export function pushAhead(fault: TransferFault, meanwhile: (path: string) => Promise<void> = async () => {}): Arrange {
  return async (world) => {
    const directory = await world.directory();
    const path = join(directory, weightsName);
    await writeFile(path, Buffer.alloc(aheadBytes, "weights"));
    const input = { paths: [directory], name: "risk" };
    const artifact = await buildModel(input);
    const remote = { aheadBytes, ...fault.remote };
    const { server, registry } = await open(world, { ...fault, remote }, async () => {});
    world.afterwards((outcome) => expectPushed(server, artifact, outcome));
    fault.before?.(server);
    let changing: Promise<void> | undefined;
    const onEvent = ({ type }: TransferEvent) => {
      if (type === "bytes") changing ??= meanwhile(path);
    };
    return async () => {
      try {
        await pushModel(registry.repository(modelName), input, { concurrency: 1, onEvent });
      } finally {
        await changing;
      }
    };
  };
}

/** Does something else with a registry that holds the model. */
export function use(
  fault: TransferFault,
  work: (registry: RemoteRegistry, server: RunningRegistry, world: World) => Promise<unknown>,
): Arrange {
  return async (world): Promise<Act> => {
    const { server, registry } = await open(world, fault, storeIn);
    fault.before?.(server);
    return () => work(registry, server, world);
  };
}

/** The faults begin when all is stored, and when the registry has asked once who is there. */
async function open(world: World, fault: TransferFault, fill: (server: RunningRegistry) => Promise<void>) {
  const server = await world.registry(fault.registry);
  await fill(server);
  const prepared = (await fault.prepare?.(world, server)) ?? {};
  const intercept = prepared.front ?? fault.front;
  let isArmed = false;
  const tls = fault.tls ?? false;
  const front =
    intercept && (await world.front(server, (passing) => (isArmed ? intercept(passing) : undefined), { tls }));
  const encrypted = tls ? { plainHttp: false, insecure: true } : {};
  const registry = world.connect(front?.host ?? server.host, { ...encrypted, ...fault.remote });
  await registry.ping();
  isArmed = true;
  for (const each of [...(fault.faults ?? []), ...(prepared.faults ?? [])]) server.addFault(each);
  return { server, registry };
}

/** Fills the registry over a connection of its own. */
async function storeIn(server: RunningRegistry, content: Uint8Array = weights): Promise<void> {
  const registry = new RemoteRegistry({ host: server.host, credentials: async () => robot });
  await storeModel(registry.repository(modelName), content);
  await registry.close();
}
