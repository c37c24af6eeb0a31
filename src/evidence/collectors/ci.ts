import { type Collector, commitIn, type Facts, type Finding, type Place } from "./finding.ts";

/** The variables of one CI system that say which job this is, and of which commit. */
interface CiSystem {
  readonly name: string;
  readonly isHere: (env: Place["env"]) => boolean;
  readonly run: (env: Place["env"]) => string | undefined;
  readonly repo: (env: Place["env"]) => string | undefined;
  /** Names of variables. */
  readonly commit: string;
  readonly branch: string;
  readonly further: readonly string[];
}

const systems: readonly CiSystem[] = [
  {
    name: "GitHub Actions",
    isHere: (env) => env["GITHUB_ACTIONS"] === "true",
    run: (env) =>
      join(env["GITHUB_SERVER_URL"], env["GITHUB_REPOSITORY"], "actions/runs", env["GITHUB_RUN_ID"]) &&
      `${join(env["GITHUB_SERVER_URL"], env["GITHUB_REPOSITORY"], "actions/runs", env["GITHUB_RUN_ID"])}/attempts/${env["GITHUB_RUN_ATTEMPT"] ?? "1"}`,
    repo: (env) => join(env["GITHUB_SERVER_URL"], env["GITHUB_REPOSITORY"]),
    commit: "GITHUB_SHA",
    branch: "GITHUB_REF",
    further: ["GITHUB_WORKFLOW_REF", "GITHUB_EVENT_NAME", "RUNNER_OS", "RUNNER_ARCH"],
  },
  {
    name: "GitLab CI",
    isHere: (env) => env["GITLAB_CI"] === "true",
    run: (env) => env["CI_JOB_URL"],
    repo: (env) => env["CI_PROJECT_URL"],
    commit: "CI_COMMIT_SHA",
    branch: "CI_COMMIT_REF_NAME",
    further: ["CI_PIPELINE_URL", "CI_JOB_IMAGE", "CI_RUNNER_EXECUTABLE_ARCH"],
  },
  {
    name: "Jenkins",
    isHere: (env) => env["JENKINS_URL"] !== undefined && env["BUILD_URL"] !== undefined,
    run: (env) => env["BUILD_URL"],
    repo: (env) => env["GIT_URL"],
    commit: "GIT_COMMIT",
    branch: "GIT_BRANCH",
    further: ["JOB_NAME"],
  },
  {
    name: "Buildkite",
    isHere: (env) => env["BUILDKITE"] === "true",
    run: (env) => join(env["BUILDKITE_BUILD_URL"]) && `${env["BUILDKITE_BUILD_URL"]}#${env["BUILDKITE_JOB_ID"] ?? ""}`,
    repo: (env) => env["BUILDKITE_REPO"],
    commit: "BUILDKITE_COMMIT",
    branch: "BUILDKITE_BRANCH",
    further: ["BUILDKITE_PIPELINE_SLUG"],
  },
  {
    name: "CircleCI",
    isHere: (env) => env["CIRCLECI"] === "true",
    run: (env) => env["CIRCLE_BUILD_URL"],
    repo: (env) => env["CIRCLE_REPOSITORY_URL"],
    commit: "CIRCLE_SHA1",
    branch: "CIRCLE_BRANCH",
    further: ["CIRCLE_JOB"],
  },
  {
    name: "Azure Pipelines",
    isHere: (env) => env["TF_BUILD"] === "True",
    run: (env) =>
      env["SYSTEM_COLLECTIONURI"] &&
      `${env["SYSTEM_COLLECTIONURI"]}${env["SYSTEM_TEAMPROJECT"] ?? ""}/_build/results?buildId=${env["BUILD_BUILDID"] ?? ""}`,
    repo: (env) => env["BUILD_REPOSITORY_URI"],
    commit: "BUILD_SOURCEVERSION",
    branch: "BUILD_SOURCEBRANCH",
    further: ["BUILD_DEFINITIONNAME", "AGENT_OS"],
  },
  {
    name: "Bitbucket Pipelines",
    isHere: (env) => env["BITBUCKET_BUILD_NUMBER"] !== undefined,
    run: (env) => join(env["BITBUCKET_GIT_HTTP_ORIGIN"], "pipelines/results", env["BITBUCKET_BUILD_NUMBER"]),
    repo: (env) => env["BITBUCKET_GIT_HTTP_ORIGIN"],
    commit: "BITBUCKET_COMMIT",
    branch: "BITBUCKET_BRANCH",
    further: [],
  },
];

/** The job that pushes. It is the training run only where nothing else says which run that was. */
export const ciCollector: Collector = {
  name: "ci",
  collect: async ({ env }) => systems.filter(({ isHere }) => isHere(env)).map((system) => findingOf(system, env)),
};

function findingOf({ name, run, repo, commit, branch, further }: CiSystem, env: Place["env"]): Finding {
  const sha = commitIn(env[commit]);
  const details = further.flatMap((key) => (env[key] ? [[key, env[key].slice(0, 500)] as const] : []));
  const url = run(env);
  const facts: Facts = {
    run: url === undefined || url === "" ? undefined : url.slice(0, 1000),
    environment: { ci: { system: name, ...Object.fromEntries(details) } },
    ...(sha === undefined ? {} : { code: { commit: sha, repo: repo(env), branch: env[branch] } }),
  };
  return { source: `env of ${name} (${commit})`, facts };
}

/** Parts of a URL, when all are there. */
function join(...parts: readonly (string | undefined)[]): string | undefined {
  return parts.every((part) => part !== undefined && part !== "") ? parts.join("/") : undefined;
}
