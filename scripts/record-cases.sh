#!/usr/bin/env bash
# Records the lab's scenarios as the cases that the tests of the command line read again: crates/cli/tests/cases/*.json.
#
# usage: scripts/record-cases.sh [SCENARIO...]     without names: those that are checked in already
set -euo pipefail

cd "$(dirname "$0")/.."
readonly cases=crates/cli/tests/cases
if [[ $# == 0 ]]; then
  mapfile -t names < <(cd "$cases" && printf '%s\n' *.json | sed 's/\.json$//')
  set -- "${names[@]}"
fi
cargo build --quiet --package sshdoctor --package sshdoctor-lab
scratch="$(mktemp -d)"
chmod 777 "$scratch"
trap 'rm -rf "$scratch"' EXIT
for name in "$@"; do
  arguments="$(sed -n 's/^args = \[\(.*\)\]$/\1/p' "crates/lab/scenarios/$name.toml" | tr -d '",')"
  # The lab starts this as the shell at the client, as root; the person there is user 1000. Status 1 is a problem found, which
  # is what is wanted.
  cat >"$scratch/shell" <<SHELL
#!/bin/sh
setpriv --reuid 1000 --regid 1000 --clear-groups "\$SSHDOCTOR" check ${arguments:-server} --save $scratch/$name.json >/dev/null
[ \$? -le 1 ]
SHELL
  chmod +x "$scratch/shell"
  SHELL="$scratch/shell" "${CARGO_TARGET_DIR:-target}/debug/lab" shell "$name" \
    --sshdoctor "${CARGO_TARGET_DIR:-target}/debug/sshdoctor" </dev/null
  install -m 644 "$scratch/$name.json" "$cases/$name.json"
  echo "recorded $name"
done
