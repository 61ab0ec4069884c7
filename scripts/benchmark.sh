#!/usr/bin/env bash
# Wall time of ssh, of nmap doing the nearest equivalent, and of sshdoctor, one after the other against the same host.
#
# Three hosts of the lab, 40 ms away: one that refuses, one that is open, one that stays silent. Needs hyperfine and nmap, and
# what the lab needs. The silent host costs ssh its default two minutes, once; RUNS sets how often the others are timed.
set -euo pipefail

readonly RUNS="${RUNS:-10}"

# What the lab starts as the shell at the client: times each program and appends `name median` to the results.
# A silent host is asked twice, and once where the answer takes minutes.
shell_for() {
  local runs="$RUNS" ssh_runs="$RUNS"
  if [[ "$1" == silent ]]; then
    runs=2 ssh_runs=1
  fi
  cat <<SHELL
#!/bin/sh
time_one() {
  hyperfine --shell=none --ignore-failure --style none --runs "\$2" --export-csv "$scratch/times" "\$3" >"$scratch/log" 2>&1 ||
    cat "$scratch/log" >&2
  # Columns: command,mean,stddev,median,…; no command holds a comma.
  awk -F, -v name="\$1" 'NR == 2 { print name, \$4 }' "$scratch/times" >>"$scratch/results"
}
time_one ssh $ssh_runs "ssh -o BatchMode=yes -o StrictHostKeyChecking=accept-new server true"
time_one nmap $runs "nmap -Pn -n --reason -p 22 server"
time_one sshdoctor $runs "\$SSHDOCTOR check server"
SHELL
}

for tool in hyperfine nmap ssh; do
  command -v "$tool" >/dev/null || { echo "benchmark: $tool is missing" >&2; exit 3; }
done
cd "$(dirname "$0")/.."
cargo build --quiet --release --package sshdoctor
cargo build --quiet --package sshdoctor-lab
readonly target="${CARGO_TARGET_DIR:-target}"
scratch="$(mktemp -d)"
trap 'rm -rf "$scratch"' EXIT

printf '%-9s %12s %12s %12s %14s %14s\n' host ssh nmap sshdoctor 'of ssh' 'of nmap'
while read -r title scenario; do
  shell_for "$title" >"$scratch/shell"
  chmod +x "$scratch/shell"
  : >"$scratch/results"
  SHELL="$scratch/shell" "$target/debug/lab" shell "$scenario" --sshdoctor "$target/release/sshdoctor" </dev/null
  awk -v title="$title" '
    { seconds[$1] = $2 }
    END {
      printf "%-9s %10.3f s %10.3f s %10.3f s %12.2f x %12.2f x\n", title, seconds["ssh"], seconds["nmap"],
        seconds["sshdoctor"], seconds["sshdoctor"] / seconds["ssh"], seconds["sshdoctor"] / seconds["nmap"]
    }' "$scratch/results"
done <<'HOSTS'
refused stopped
open healthy
silent drop-host-port
HOSTS
