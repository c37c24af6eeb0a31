import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { rejectsWith } from "../../../../test/support/expect.ts";
import { readTree, scratchDirectory } from "../../../../test/support/scratch.ts";
import type { FakeServer } from "../../../../test/support/sources/fake-server.ts";
import { mlflowFiles, mlflowRun, modelId, runId, startFakeMlflow } from "../../../../test/support/sources/mlflow.ts";
import { digestOf } from "../../../base/digest.ts";
import { hasCode, isMregError } from "../../../base/errors.ts";
import type { SourceModel } from "../source-model.ts";
import { MlflowServer, openMlflowModel, writeBack } from "./index.ts";
import { parseMlflowLocation } from "./location.ts";

const api = "/api/2.0/mlflow";
const proxy = "/api/2.0/mlflow-artifacts";
const now = new Date("2026-12-01T00:00:00Z");

const connect = ({ address }: FakeServer, authorization?: string) =>
  new MlflowServer({ address, authorization, fetch: globalThis.fetch, pauseMs: 1 });

/** Opens and brings; most of what a server can do wrong shows in one of the two. */
async function bring(
  fake: FakeServer,
  location = "models:/risk/4",
): Promise<{ source: SourceModel; directory: string }> {
  const source = await openMlflowModel(connect(fake), location);
  const { directory } = await source.bring(await scratchDirectory());
  return { source, directory };
}

describe("parseMlflowLocation", () => {
  it.each([
    ["models:/risk/4", { kind: "version", name: "risk", version: "4" }],
    ["models:///risk/4", { kind: "version", name: "risk", version: "4" }],
    ["models:/risk model@champion", { kind: "alias", name: "risk model", alias: "champion" }],
    ["models:/risk/latest", { kind: "latest", name: "risk" }],
    [`models:/${modelId}`, { kind: "logged-model", modelId }],
    [`runs:/${runId}/model`, { kind: "run", runId, path: "model" }],
  ])("%s", (text, expected) => {
    expect(parseMlflowLocation(text)).toEqual(expected);
  });

  it.each([
    "risk/4",
    "models:/risk",
    "models:/risk/0",
    "models:/risk/4/x",
    "models:/risk/Production",
    "runs:/../x",
    "s3://b/k",
  ])("refuses %s", (text) => {
    expect(() => parseMlflowLocation(text)).toThrow(expect.objectContaining({ code: "SOURCE_UNSUPPORTED" }));
  });

  it("gives a location or a typed error for any text", () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.string().map((text) => `models:/${text}`),
        ),
        (text) => {
          try {
            expect(parseMlflowLocation(text)).toHaveProperty("kind");
          } catch (error) {
            expect(hasCode(error, "SOURCE_UNSUPPORTED")).toBe(true);
          }
        },
      ),
    );
  });
});

describe("a model of MLflow", () => {
  it.each(["models:/risk/4", "models:/risk@champion", "models:/risk/latest"])(
    "%s: all its files, at one version",
    async (location) => {
      const { source, directory } = await bring(await startFakeMlflow(), location);
      expect(await readTree(directory)).toEqual(mlflowFiles);
      expect(source).toMatchObject({ source: "mlflow", location: "models:/risk/4", name: "risk" });
      expect(source.imported).toMatchObject({ location: "models:/risk/4", run: runId });
    },
  );

  it("a logged model, and one of a run by its name", async () => {
    const fake = await startFakeMlflow();
    expect(await readTree((await bring(fake, `models:/${modelId}`)).directory)).toEqual(mlflowFiles);
    const run = { ...mlflowRun(), outputs: { model_outputs: [{ model_id: modelId, step: "0" }] } };
    fake.answers.set(`${api}/runs/get`, { run });
    expect(await readTree((await bring(fake, `runs:/${runId}/model`)).directory)).toEqual(mlflowFiles);
  });

  it("states lineage, evaluation and card, with what it left out", async () => {
    const { source, directory } = await bring(await startFakeMlflow());
    const { drafts, notes } = await source.evidence(directory, { now, directions: { my_gain: "higher" } });
    expect(drafts.map(({ kind }) => kind)).toEqual(["lineage", "eval", "card"]);
    const [lineage, evaluation] = drafts;
    expect(lineage?.predicate).toMatchObject({
      buildDefinition: { externalParameters: { entryPoint: "train.py", hyperparameters: { C: "1.0" } } },
      runDetails: { metadata: { invocationId: `mlflow:run/${runId}` } },
    });
    expect(evaluation?.predicate).toMatchObject({
      origin: "imported",
      evaluatedAt: "2026-11-21T15:43:40Z",
      suite: { name: "credit", version: "unversioned" },
      results: [
        { metric: "accuracy", value: "0.75", higherIsBetter: true },
        { metric: "my_gain", value: "3.5", higherIsBetter: true },
      ],
    });
    expect(notes.join("\n")).toContain("log_loss is no finite number");
  });

  it("a metric whose direction nobody knows is left out, and named", async () => {
    const { source, directory } = await bring(await startFakeMlflow());
    const { drafts, notes } = await source.evidence(directory, { now });
    expect(JSON.stringify(drafts[1]?.predicate)).not.toContain("my_gain");
    expect(notes.join("\n")).toContain("--direction my_gain=higher|lower");
  });

  it("keeps the server's answers, without secrets", async () => {
    const { source, directory } = await bring(await startFakeMlflow());
    const { drafts } = await source.evidence(directory, { now });
    const files = drafts.flatMap(({ files }) => files).filter(({ path }) => path === "mlflow.json");
    expect(files.length).toBeGreaterThan(0);
    for (const { bytes } of files) {
      expect(Buffer.from(bytes).toString()).toContain("s3://bucket/credit");
      expect(Buffer.from(bytes).toString()).not.toContain("hunter2");
    }
  });

  it("of a run without commit or data there is no lineage, and a note of what is missing; the user's word fills it", async () => {
    const fake = await startFakeMlflow();
    const run = mlflowRun();
    fake.answers.set(`${api}/runs/get`, { run: { ...run, data: { ...run.data, tags: [] }, inputs: {} } });
    const { source, directory } = await bring(fake);
    const without = await source.evidence(directory, { now });
    expect(without.drafts.map(({ kind }) => kind)).toEqual(["eval", "card"]);
    expect(without.notes.join("\n")).toContain("no dataset and no code");
    const lineage = { commit: "a".repeat(40), datasets: ["credit=v3"] };
    expect((await source.evidence(directory, { now, lineage })).drafts[0]?.kind).toBe("lineage");
  });

  it("files in a store of the server's own are streamed by it, of a logged model and of a run's artifacts", async () => {
    const fake = await startFakeMlflow();
    const store = "s3://bucket/1";
    const info = { model_id: modelId, name: "model", artifact_uri: `${store}/models/${modelId}/artifacts` };
    fake.answers.set(`${api}/logged-models/${modelId}`, { model: { info } });
    fake.answers.set(`${api}/model-versions/get-download-uri`, { artifact_uri: info.artifact_uri });
    for (const [path, body] of Object.entries(mlflowFiles)) {
      const query = `name=risk&version=4&path=${encodeURIComponent(path)}`;
      fake.answers.set(`/model-versions/get-artifact?${query}`, { status: 200, body });
    }
    const list = (prefix: string) => [
      {
        files: [
          ...["MLmodel", "requirements.txt"].map((path) => ({ path: prefix + path, is_dir: false })),
          { path: `${prefix}data`, is_dir: true },
        ],
      },
      { files: [{ path: `${prefix}data/model.skops`, is_dir: false, file_size: 7 }] },
    ];
    const [logged, loggedData] = list("");
    fake.answers.set(`${api}/logged-models/${modelId}/artifacts/directories`, logged ?? {});
    fake.answers.set(
      `${api}/logged-models/${modelId}/artifacts/directories?artifact_directory_path=data`,
      loggedData ?? {},
    );
    fake.answers.set(`${api}/model-versions/get`, {
      model_version: { name: "risk", version: "4", run_id: runId, model_id: modelId },
    });
    expect(await readTree((await bring(fake)).directory)).toEqual(mlflowFiles);
    const { info: started, ...rest } = mlflowRun();
    fake.answers.set(`${api}/model-versions/get-download-uri`, { artifact_uri: `${store}/${runId}/artifacts/model` });
    fake.answers.set(`${api}/runs/get`, {
      run: { ...rest, info: { ...started, artifact_uri: `${store}/${runId}/artifacts` } },
    });
    fake.answers.set(`${api}/model-versions/get`, { model_version: { name: "risk", version: "4", run_id: runId } });
    const [below, belowData] = list("model/");
    fake.answers.set(`${api}/artifacts/list?run_id=${runId}&path=model`, below ?? {});
    fake.answers.set(`${api}/artifacts/list?run_id=${runId}&path=model%2Fdata`, belowData ?? {});
    expect(await readTree((await bring(fake)).directory)).toEqual(mlflowFiles);
  });

  it("writes the digest back to a registered version, and nowhere else", async () => {
    const fake = await startFakeMlflow();
    const digest = digestOf(Buffer.from("manifest"));
    await writeBack(connect(fake), "models:/risk/4", digest);
    expect(fake.requests.at(-1)).toMatchObject({ method: "POST", url: `${api}/model-versions/set-tag` });
    await rejectsWith(writeBack(connect(fake), `models:/${modelId}`, digest), "SOURCE_UNSUPPORTED");
  });
});

describe("MLflow: who is asked, and with what", () => {
  it("authorization goes to the server, and not to a store that an address was signed for", async () => {
    const [fake, store] = [await startFakeMlflow(), await startFakeMlflow()];
    store.answers.set("/signed/", { status: 200, body: "weights" });
    fake.answers.set(`${proxy}/presigned/`, { url: `${store.address}/signed/x?sig=1`, headers: { "x-part": "1" } });
    fake.answers.set(`${proxy}/artifacts?path=${encodeURIComponent(`1/models/${modelId}/artifacts`)}`, {
      files: [{ path: "w.bin", is_dir: false }],
    });
    const source = await openMlflowModel(connect(fake, "Bearer t0ken"), "models:/risk/4");
    const { directory } = await source.bring(await scratchDirectory());
    expect(await readTree(directory)).toEqual({ "w.bin": "weights" });
    expect(fake.requests.every(({ authorization }) => authorization === "Bearer t0ken")).toBe(true);
    expect(store.requests.map(({ authorization }) => authorization)).toEqual([undefined]);
  });

  it("nor to where the server redirects", async () => {
    const [fake, other] = [await startFakeMlflow(), await startFakeMlflow()];
    const path = `${proxy}/artifacts/1/models/${modelId}/artifacts/data/model.skops`;
    fake.answers.set(path, { status: 307, headers: { location: `${other.address}/w` }, body: "" });
    other.answers.set("/w", { status: 200, body: "weights" });
    const source = await openMlflowModel(connect(fake, "Bearer t0ken"), "models:/risk/4");
    expect(await readTree((await source.bring(await scratchDirectory())).directory)).toEqual(mlflowFiles);
    expect(other.requests.map(({ authorization }) => authorization)).toEqual([undefined]);
  });

  it("a server under a prefix may have its API at the root", async () => {
    const fake = await startFakeMlflow();
    const server = new MlflowServer({ address: `${fake.address}/prefix`, fetch: globalThis.fetch });
    expect((await openMlflowModel(server, "models:/risk/4")).location).toBe("models:/risk/4");
  });

  it("asks again what may pass, and says what does not", async () => {
    const fake = await startFakeMlflow();
    const busy = { status: 503, body: "busy" };
    let asked = 0;
    const fetch: typeof globalThis.fetch = (...call) =>
      asked++ < 2 ? Promise.resolve(new Response(busy.body, busy)) : globalThis.fetch(...call);
    const server = new MlflowServer({ address: fake.address, fetch, pauseMs: 1 });
    expect((await openMlflowModel(server, "models:/risk/4")).name).toBe("risk");
    fake.answers.set(`${api}/model-versions/get`, { status: 403, body: "no t0ken for you" });
    const error = await rejectsWith(openMlflowModel(connect(fake, "Bearer t0ken"), "models:/risk/4"), "SOURCE_REFUSED");
    expect(error.message).not.toContain("t0ken");
    await rejectsWith(
      openMlflowModel(
        new MlflowServer({ address: "http://127.0.0.1:9", fetch: globalThis.fetch, pauseMs: 1 }),
        "models:/risk/4",
      ),
      "SOURCE_UNAVAILABLE",
    );
  });

  it.each(["ftp://host", "mlruns", "https://user:pass@host"])("refuses the address %s", (address) => {
    expect(() => new MlflowServer({ address, fetch: globalThis.fetch })).toThrow(
      expect.objectContaining({ code: "SOURCE_UNSUPPORTED" }),
    );
  });
});

describe("MLflow: answers that are not to be believed", () => {
  const listingPath = `${proxy}/artifacts?path=${encodeURIComponent(`1/models/${modelId}/artifacts`)}`;
  const file = (path: string, size?: number) => ({
    files: [{ path, is_dir: false, ...(size ? { file_size: size } : {}) }],
  });

  it.each<[what: string, path: string, answer: object, code: string]>([
    [
      "another model",
      `${api}/model-versions/get`,
      { model_version: { name: "other", version: "4" } },
      "SOURCE_INVALID",
    ],
    [
      "another version",
      `${api}/model-versions/get`,
      { model_version: { name: "risk", version: "5" } },
      "SOURCE_INVALID",
    ],
    [
      "a version that is not ready",
      `${api}/model-versions/get`,
      { model_version: { name: "risk", version: "4", status: "PENDING_REGISTRATION" } },
      "SOURCE_INVALID",
    ],
    ["no JSON", `${api}/runs/get`, { status: 200, body: "<html>" }, "SOURCE_INVALID"],
    ["JSON of another shape", `${api}/runs/get`, { run: [] }, "SOURCE_INVALID"],
    ["the same key twice", `${api}/runs/get`, { status: 200, body: '{"run":1,"run":2}' }, "SOURCE_INVALID"],
    ["another run", `${api}/runs/get`, { run: { info: { run_id: "x", experiment_id: "1" } } }, "SOURCE_INVALID"],
    [
      "files in a store of its own",
      `${api}/model-versions/get-download-uri`,
      { artifact_uri: "s3://bucket/model" },
      "SOURCE_UNSUPPORTED",
    ],
    [
      "files of another host",
      `${api}/model-versions/get-download-uri`,
      { artifact_uri: "mlflow-artifacts://other.example.com/1" },
      "SOURCE_UNSUPPORTED",
    ],
    [
      "files above its root",
      `${api}/model-versions/get-download-uri`,
      { artifact_uri: "mlflow-artifacts:/1/%2e%2e/%2e%2e/etc" },
      "SOURCE_INVALID",
    ],
    ["a path for a name", listingPath, file("../../etc/passwd"), "SOURCE_INVALID"],
    ["a name that no system has", listingPath, file("a\u0000b"), "SOURCE_INVALID"],
    ["two names that are one", listingPath, { files: [...file("A").files, ...file("a").files] }, "SOURCE_INVALID"],
    ["no files", listingPath, { files: [] }, "SOURCE_NOT_FOUND"],
    ["a list without end", listingPath, { ...file("MLmodel"), next_page_token: "again" }, "SOURCE_INVALID"],
    ["a shorter file than listed", listingPath, file("MLmodel", 9_999), "SOURCE_INVALID"],
    [
      "an endless chain of redirects",
      `${api}/runs/get`,
      { status: 302, headers: { location: `${api}/runs/get?run_id=${runId}` }, body: "" },
      "SOURCE_INVALID",
    ],
  ])("%s", async (_, path, answer, code) => {
    const fake = await startFakeMlflow();
    fake.answers.set(path, answer);
    if ("next_page_token" in answer) fake.answers.set(`${listingPath}&page_token=again`, answer);
    await rejectsWith(bring(fake), code);
  });

  it("any JSON in any place ends in a model or a typed error", async () => {
    const paths = ["model-versions/get", "runs/get", `logged-models/${modelId}`, "model-versions/get-download-uri"];
    const fake = await startFakeMlflow();
    const good = new Map(fake.answers);
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...paths), fc.json({ maxDepth: 3 }), async (path, body) => {
        for (const [key, answer] of good) fake.answers.set(key, answer);
        fake.answers.set(`${api}/${path}`, { status: 200, body });
        const outcome = await openMlflowModel(connect(fake), "models:/risk/4").catch((error: unknown) => error);
        expect(outcome instanceof Error ? isMregError(outcome) : true).toBe(true);
      }),
      { numRuns: 60 },
    );
  });
});
