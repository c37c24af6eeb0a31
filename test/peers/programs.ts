import type { PythonProgram } from "./support/python.ts";

/**
 * The outside programs mreg is tried against, each at one exact version.
 *
 * Every program is built in a module of its own that requires nothing but it, so that it runs with the dependencies
 * its authors chose (docs/decisions/004-peer-programs.md).
 */
export interface Program {
  /** What the suites call it, and the name of the binary in the cache. */
  readonly name: string;
  readonly module: string;
  readonly version: string;
  /** Import path of the `main` package, or of the test package when `test` is set. */
  readonly package: string;
  /** Built with `go test -c`: the package is a test suite. */
  readonly test?: boolean;
  /** Build tags, separated by commas. */
  readonly tags?: string;
  /**
   * Built in a copy of the module's own directory, by the go.mod and go.sum it was released with: for modules whose
   * go.mod replaces dependencies, which counts in the main module alone, or names the module otherwise than the proxy.
   */
  readonly ownModule?: boolean;
  /** Added to the environment of the build. */
  readonly env?: Readonly<Record<string, string>>;
  /**
   * Some module proxies serve a list of hosts only, and this module's host is its own.
   * A refusal by the proxy (403) is then a loud skip even under MREG_REQUIRE_PEERS; every other failure is not.
   */
  readonly mayBeRefused?: boolean;
  /** Built and run where this one is refused: another version, in suites that name it as such. */
  readonly standIn?: Program;
}

const pure = { CGO_ENABLED: "0" };

const oras: Program = {
  name: "oras",
  module: "oras.land/oras",
  version: "v1.3.3",
  package: "oras.land/oras/cmd/oras",
  env: pure,
};

const crane: Program = {
  name: "crane",
  module: "github.com/google/go-containerregistry",
  version: "v0.21.9",
  package: "github.com/google/go-containerregistry/cmd/crane",
  env: pure,
};

const cosign: Program = {
  name: "cosign",
  module: "github.com/sigstore/cosign/v3",
  version: "v3.1.2",
  package: "github.com/sigstore/cosign/v3/cmd/cosign",
  env: pure,
};

/** The line before 3: signatures under `.sig` tags by default, and bundles when asked. */
const cosign2: Program = {
  name: "cosign2",
  module: "github.com/sigstore/cosign/v2",
  version: "v2.6.4",
  package: "github.com/sigstore/cosign/v2/cmd/cosign",
  env: pure,
};

const distribution: Program = {
  name: "distribution",
  module: "github.com/distribution/distribution/v3",
  version: "v3.1.1",
  package: "github.com/distribution/distribution/v3/cmd/registry",
  env: pure,
};

const olareg: Program = {
  name: "olareg",
  module: "github.com/olareg/olareg",
  version: "v0.2.2",
  package: "github.com/olareg/olareg/cmd/olareg",
  env: pure,
};

/** The last zot that a host of modules for everybody serves: of 2022, with the referrers API of a draft. */
const zot1: Program = {
  name: "zot-1.4",
  module: "github.com/project-zot/zot",
  version: "v1.4.3",
  package: "./cmd/zot",
  // zot's Makefile: "minimal", as above, without the C library for OpenPGP.
  tags: "containers_image_openpgp",
  ownModule: true,
  env: pure,
};

const zot: Program = {
  name: "zot",
  module: "zotregistry.dev/zot/v2",
  version: "v2.1.20",
  // No build tags: what zot calls "minimal", the distribution API and nothing else.
  package: "zotregistry.dev/zot/v2/cmd/zot",
  // zot's own Makefile sets the experiment for every target.
  env: { ...pure, GOEXPERIMENT: "jsonv2" },
  mayBeRefused: true,
  standIn: zot1,
};

const regctl: Program = {
  name: "regctl",
  module: "github.com/regclient/regclient",
  version: "v0.11.5",
  package: "github.com/regclient/regclient/cmd/regctl",
  env: pure,
};

const modctl: Program = {
  name: "modctl",
  module: "github.com/modelpack/modctl",
  version: "v0.2.2",
  package: "github.com/modelpack/modctl",
  env: pure,
};

const kit: Program = {
  name: "kit",
  module: "github.com/kitops-ml/kitops",
  version: "v1.10.0",
  package: "github.com/kitops-ml/kitops",
  env: pure,
  mayBeRefused: true,
};

const toxiproxy: Program = {
  name: "toxiproxy",
  module: "github.com/Shopify/toxiproxy/v2",
  version: "v2.12.0",
  package: "github.com/Shopify/toxiproxy/v2/cmd/server",
  env: pure,
};

/** What `npm run bench` compares mreg with, and what it puts between the two. Cheapest first. */
export const benchmarkPrograms: readonly Program[] = [crane, oras, toxiproxy, regctl, distribution, modctl, kit, zot];

const conformance: Program = {
  name: "conformance",
  module: "github.com/opencontainers/distribution-spec/conformance",
  // The suite as it was for 1.1.0. The rewrite of 2026 is not served by every module proxy.
  version: "v0.0.0-20230516164017-7fcdf80f3c8b",
  package: "github.com/opencontainers/distribution-spec/conformance",
  test: true,
  env: pure,
};

/** OpenSSF Model Signing. It imports pyOpenSSL and does not ask for it, so that the version is ours to name. */
const modelSigning: PythonProgram = {
  name: "model_signing",
  version: "1.1.1",
  requirements: ["model-signing==1.1.1", "pyopenssl==26.4.0", "sigstore==4.5.1"],
};

/** Three scanners of pickles, and the libraries whose files they and mreg judge; the first stands for all. */
const pickleScanners: PythonProgram = {
  name: "fickling",
  // The part behind the version tells apart what else is installed.
  version: "0.1.12+h5py",
  requirements: [
    "fickling==0.1.12",
    "picklescan==1.0.5",
    "modelscan==0.8.8",
    "numpy==2.4.6",
    "joblib==1.6.0",
    "scikit-learn==1.9.1",
    "cloudpickle==3.1.2",
    "h5py==3.16.0",
    // fickling imports it and does not ask for it.
    "typing-extensions==4.16.0",
  ],
};

/** Libraries that write weights; the command of the first stands for all. */
const weightsWriters: PythonProgram = {
  name: "numpy-config",
  version: "2.4.6",
  requirements: ["numpy==2.4.6", "h5py==3.16.0", "onnx==1.23.2", "safetensors==0.8.0"],
};

/** The libraries of CycloneDX and SPDX, which judge bills of materials; the first one's command stands for both. */
const bomLibraries: PythonProgram = {
  name: "cyclonedx-py",
  version: "7.5.0",
  requirements: ["cyclonedx-bom==7.5.0", "cyclonedx-python-lib[json-validation]==11.12.0", "spdx-python-model==0.0.6"],
};

/** Harnesses of evaluations, with what they ask for and no model. */
const inspectAi: PythonProgram = { name: "inspect", version: "0.3.285", requirements: ["inspect-ai==0.3.285"] };
const lmEval: PythonProgram = {
  name: "lm_eval",
  version: "0.4.13",
  requirements: ["lm_eval==0.4.13", "evaluate==0.4.6", "scikit-learn==1.9.1", "datasets==5.2.0"],
  check: ["--help"],
};

const dvc: PythonProgram = { name: "dvc", version: "3.67.1", requirements: ["dvc==3.67.1"] };

/** The tracking server and registry that models are imported from, with what its example trains. */
const mlflow: PythonProgram = {
  name: "mlflow",
  version: "3.17.2",
  requirements: ["mlflow[auth]==3.17.2", "scikit-learn==1.9.1", "numpy==2.4.6", "skops==0.16.0"],
};

export const pythonPrograms: readonly PythonProgram[] = [
  modelSigning,
  pickleScanners,
  weightsWriters,
  bomLibraries,
  dvc,
  inspectAi,
  lmEval,
  mlflow,
];

/** Cheapest first: what fails, fails early. */
export const programs: readonly Program[] = [olareg, crane, oras, conformance, distribution, cosign, cosign2, zot];
