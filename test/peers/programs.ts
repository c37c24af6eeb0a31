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
  /** Added to the environment of the build. */
  readonly env?: Readonly<Record<string, string>>;
  /**
   * Some module proxies serve a list of hosts only, and this module's host is its own.
   * A refusal by the proxy (403) is then a loud skip even under MREG_REQUIRE_PEERS; every other failure is not.
   */
  readonly mayBeRefused?: boolean;
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

const zot: Program = {
  name: "zot",
  module: "zotregistry.dev/zot/v2",
  version: "v2.1.20",
  // No build tags: what zot calls "minimal", the distribution API and nothing else.
  package: "zotregistry.dev/zot/v2/cmd/zot",
  // zot's own Makefile sets the experiment for every target.
  env: { ...pure, GOEXPERIMENT: "jsonv2" },
  mayBeRefused: true,
};

const conformance: Program = {
  name: "conformance",
  module: "github.com/opencontainers/distribution-spec/conformance",
  // The suite as it was for 1.1.0. The rewrite of 2026 is not served by every module proxy.
  version: "v0.0.0-20230516164017-7fcdf80f3c8b",
  package: "github.com/opencontainers/distribution-spec/conformance",
  test: true,
  env: pure,
};

/** Cheapest first: what fails, fails early. */
export const programs: readonly Program[] = [olareg, crane, oras, conformance, distribution, cosign, zot];
