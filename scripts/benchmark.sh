#!/usr/bin/env bash
# Wall time of ssh, of nmap doing the nearest equivalent, and of sshdoctor, one after the other against the same host.
#
# Three hosts of the lab, 40 ms away: one that refuses, one that is open, one that stays silent. Needs hyperfine and nmap, and
# what the lab needs. The silent host costs ssh its default two minutes, once; RUNS sets how often the others are timed.
set -euo pipefail

readonly RUNS="${RUNS:-10}"

# Inside the lab this script is the shell at the client: $SSHDOCTOR is the program, `server` the host.
inside() {
  local results="$BENCHMARK_RESULTS"
  time_one ssh "ssh -o BatchMode=yes -o StrictHostKeyChecking=accept-new server true"
  time_one nmap "nmap -Pn -n --reason -p 22 server"
  time_one sshdoctor "$SSHDOCTOR check server"
}

# A command that takes longer than ten seconds is timed once.
time_one() {
  local name="$1" line="$2" runs="$RUNS"
  if [[ "$BENCHMARK_SCENARIO" == drop-* ]]; then
    runs=2
    [[ "$name" == ssh ]] && runs=1
  fi
  local csv
  csv="$(mktemp)"
  hyperfine --shell=none --ignore-failure --style none --runs "$runs" --export-csv "$csv" "$line" >/dev/null 2>&1
  # Columns: command,mean,stddev,median,…; the command may hold no comma.
  awk -F, -v name="$name" 'NR == 2 { print name, $4 }' "$csv" >>"$results"
  rm -f "$csv"
}

outside() {
  local root program lab results scenario title
  root="$(cd "$(dirname "$0")/.." && pwd)"
  for tool in hyperfine nmap ssh; do
    command -v "$tool" >/dev/null || { echo "benchmark: $tool is missing" >&2; exit 3; }
  done
  cd "$root"
  cargo build --quiet --release --package sshdoctor
  cargo build --quiet --package sshdoctor-lab
  program="${CARGO_TARGET_DIR:-target}/release/sshdoctor"
  lab="${CARGO_TARGET_DIR:-target}/debug/lab"
  results="$(mktemp)"
  trap 'rm -f "$results"' EXIT
  printf '%-9s %12s %12s %12s %14s %14s\n' host ssh nmap sshdoctor 'of ssh' 'of nmap'
  while read -r title scenario; do
    : >"$results"
    SHELL="$root/scripts/benchmark.sh" BENCHMARK_SCENARIO="$scenario" BENCHMARK_RESULTS="$results" \
      "$lab" shell "$scenario" --sshdoctor "$program" </dev/null
    awk -v title="$title" '
      { seconds[$1] = $2 }
      END {
        printf "%-9s %9.3f s  %9.3f s  %9.3f s  %12.2f x %12.2f x\n", title, seconds["ssh"], seconds["nmap"],
          seconds["sshdoctor"], seconds["sshdoctor"] / seconds["ssh"], seconds["sshdoctor"] / seconds["nmap"]
      }' "$results"
  done <<'HOSTS'
refused stopped
open healthy
silent drop-host-port
HOSTS
}

if [[ -n "${BENCHMARK_SCENARIO:-}" ]]; then
  inside
else
  outside
fi
