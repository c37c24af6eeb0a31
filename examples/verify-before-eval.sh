#!/bin/sh
# A CI step: evaluate only what its makers signed, and only the bytes they signed.
# Needs: mreg on PATH, mreg.policy.yaml in the working directory, MREG_REGISTRY or mreg.yaml for the registry.
# Usage: verify-before-eval.sh <ref> <directory>
set -eu

pinned=$(mreg resolve "$1")          # from here on the digest, whatever happens to the tag
mreg verify "$pinned"                # exit 4 stops the job: nobody the policy knows has signed it
mreg pull "$pinned" -o "$2"          # every byte verified against the digest

echo "ready to evaluate $pinned in $2"
