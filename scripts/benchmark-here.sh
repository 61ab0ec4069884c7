#!/usr/bin/env bash
# Wall time and memory of `sshdoctor here` on a booted host where nothing is wrong, in turns with what a person types instead and
# with `sshd -t` alone; then once more with 64 MB of memory and a full disk. Needs root, and what the booted hosts of the lab need.
set -euo pipefail

cd "$(dirname "$0")/.."
cargo build --quiet --release --package sshdoctor --package sshdoctor-lab
readonly target="${CARGO_TARGET_DIR:-target}"
exec "$target/release/lab" booted --measure "${1:-healthy-plain}" --sshdoctor "$target/release/sshdoctor"
