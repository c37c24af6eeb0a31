/** Nodes walked in one content graph: a manifest of 4 MiB holds at most some 40,000 descriptors. */
export const graphNodeLimit = 100_000;

/** Manifests nested in one another; images use 2, attestations of attestations 4. */
export const graphDepthLimit = 32;
