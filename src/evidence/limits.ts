/** Longest line read of JSON lines; one sample of an evaluation with its prompts and answers stays below 1 MiB. */
export const jsonLineLimitBytes = 4 * 1024 * 1024;

/** Lines read of one file of JSON lines, and samples told apart in it; the largest suites have some 300,000. */
export const jsonLineLimit = 500_000;

/**
 * Values in one JSON document of evidence. A log of Inspect AI of 10 MiB has some 200,000, a Trivy report some 300,000;
 * without a limit the same 10 MiB could hold five million, which take a gigabyte once parsed.
 */
export const jsonValueLimit = 1_000_000;

/** Columns of a CSV file with results. */
export const csvColumnLimit = 10_000;

/** Bytes parsed of all the files of one evaluation together: parsed JSON takes many times the room of its text. */
export const evaluationParseLimitBytes = 32 * 1024 * 1024;

/** Largest log of an evaluation that is attached; what is parsed at once stays below the 10 MiB of a document. */
export const evaluationLogLimitBytes = 256 * 1024 * 1024;

/** Files of one evaluation. HELM writes eight into a run directory, `.eval_results` has one per benchmark. */
export const evaluationFileLimit = 256;

/** Results in one eval statement. All of BIG-bench with its subtasks and metrics stays below 2,000. */
export const evalResultLimit = 10_000;

/** Characters of one decimal number: room for 10^90, and no room to make arithmetic slow. */
export const decimalLimitCharacters = 100;

/** Characters of one text in a model card; the longest sections of public cards have some 20,000. */
export const cardFieldLimitCharacters = 64 * 1024;

/** Findings listed for one file; the verdict counts all of them. */
export const scanFindingLimit = 50;

/** Archives within archives that a scan looks into; published files have at most two. */
export const archiveDepthLimit = 4;

/** Findings of a foreign scanner that a statement names; the report itself is attached. */
export const scanReportTestLimit = 500;

/** Numbers in one monitoring report: a model of a thousand features with ten checks of each. */
export const monitoringMetricLimit = 10_000;

/** Users of one version that a statement lists. */
export const consumerLimit = 10_000;

/** Findings of a vulnerability scanner in one statement; the image of an operating system has some thousand. */
export const vulnerabilityLimit = 20_000;

/** Largest file that lineage is collected from; a `dvc.lock` of a thousand stages has some 500 KB. */
export const collectedFileLimitBytes = 2 * 1024 * 1024;

/** Largest lock file of packages that is hashed; those of the largest projects have 5 MB. */
export const lockFileLimitBytes = 16 * 1024 * 1024;

/** Names looked at in one directory, in search of runs and data sets. */
export const collectedDirectoryLimit = 2_000;

/** Data sets and parameters that one collector may find. */
export const collectedEntryLimit = 1_000;

/** Directories upwards in search of a repository. */
export const parentDirectoryLimit = 64;

/** Local runs of MLflow looked at in search of the newest. */
export const collectedRunLimit = 1_000;

/** What git says of changed files; the first line decides. */
export const gitReplyLimitBytes = 1024 * 1024;

/** How long git may look for changed files, which in the largest repositories takes some seconds. */
export const gitTimeLimitMs = 20_000;

/** Results of evaluations in one bill of materials; the statements themselves hold all of them. */
export const bomMetricLimit = 1_000;
