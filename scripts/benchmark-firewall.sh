#!/usr/bin/env bash
# Wall time of `nft -j list ruleset` and of `sshdoctor firewall` reading and deciding from what it printed and live, one after the
# other in the same run, and the peak memory of the readings beside the size of the JSON.
#
# Each rule set is loaded into a network namespace of its own, which ends with the process that made it. Shapes: `linear`, one chain
# of rules for other addresses; `set`, one rule and a set of other addresses; `jumps`, fifteen chains (the kernel follows sixteen),
# each with its share of rules for other addresses and a jump to the next; `chains`, as many chains as rules, in rows of fifteen
# that are all entered. Needs root, nft, hyperfine and GNU time. SIZES and RUNS set how many rules or elements and how often each is timed.
set -euo pipefail

readonly SIZES="${SIZES:-100 1000 10000 100000}"
readonly SHAPES="${SHAPES:-linear set jumps chains}"
readonly RUNS="${RUNS:-3}"

# Prints a rule set of one shape and size as nft reads it.
rules_of() {
  awk -v shape="$1" -v size="$2" '
    function address(number) { return "10." int(number / 65536) "." int(number / 256) % 256 "." number % 256 }
    function rule(number) { return "ip saddr " address(number) " tcp dport 22 counter drop" }
    function input() { print "chain input { type filter hook input priority 0; policy drop;" }
    BEGIN {
      print "table inet filter {"
      if (shape == "set") {
        print "set others { type ipv4_addr; elements = {"
        for (number = 0; number < size; number++) print address(number) ","
        print "} }"
      }
      if (shape == "jumps") {
        for (chain = 14; chain > 0; chain--) {
          print "chain depth" chain " {"
          for (number = chain; number < size; number += 15) print rule(number)
          print (chain < 14 ? "jump depth" chain + 1 : "return"), "\n}"
        }
      }
      if (shape == "chains") {
        for (row = 0; row < size / 15; row++)
          for (chain = 14; chain > 0; chain--)
            print "chain row" row "_" chain " {", (chain < 14 ? "jump row" row "_" chain + 1 : "return"), "; }"
      }
      input()
      if (shape == "linear") for (number = 0; number < size; number++) print rule(number)
      if (shape == "set") print "ip saddr @others drop"
      if (shape == "jumps") {
        for (number = 0; number < size; number += 15) print rule(number)
        print "jump depth1"
      }
      if (shape == "chains") for (row = 0; row < size / 15; row++) print "jump row" row "_1"
      print "tcp dport 22 accept\n}\n}"
    }'
}

# Peak memory of a command in kB; its own exit status says what it found, and is not looked at.
peak_of() {
  /usr/bin/time --quiet --format %M --output "$scratch/peak" "$@" >/dev/null 2>&1 || true
  tail -n 1 "$scratch/peak"
}

# In the namespace: loads one rule set, times everything and prints its line.
measure() {
  local shape="$1" size="$2" json="$scratch/rules.json"
  rules_of "$shape" "$size" >"$scratch/rules.nft"
  nft -f "$scratch/rules.nft"
  nft -j list ruleset >"$json"
  hyperfine --ignore-failure --style none --warmup 1 --runs "$RUNS" --export-csv "$scratch/times" \
    "nft -j list ruleset >/dev/null" \
    "nft -j list ruleset >$scratch/again.json" \
    "$sshdoctor firewall --from 198.51.100.7 --ruleset $json >/dev/null" \
    "$sshdoctor firewall --from 198.51.100.7 >/dev/null" 2>"$scratch/log" || cat "$scratch/log" >&2
  local peak nft_peak bytes
  peak="$(peak_of "$sshdoctor" firewall --from 198.51.100.7 --ruleset "$json")"
  nft_peak="$(peak_of nft -j list ruleset)"
  bytes="$(stat --format %s "$json")"
  # Columns: command,mean,stddev,median,…; no command holds a comma.
  awk -F, -v shape="$shape" -v size="$size" -v peak="$peak" -v nft_peak="$nft_peak" -v base="$base" -v bytes="$bytes" '
    NR > 1 { seconds[NR - 2] = $4 }
    END {
      # Of less JSON than that, any reading takes more than half.
      share = bytes < 1e6 ? "-" : sprintf("%.2f x", (peak - base) * 1e3 / bytes)
      printf "%-7s %7d %8.1f MB %8.3f s %8.3f s %8.3f s %5.2f x %8.3f s %5.2f x %8.1f MB %8.1f MB %8s\n", shape, size, bytes / 1e6,
        seconds[0], seconds[1], seconds[2], seconds[2] / seconds[0], seconds[3], seconds[3] / seconds[0],
        nft_peak / 1e3, peak / 1e3, share
    }' "$scratch/times"
}

# Called again inside a namespace.
if [[ "${1:-}" == --inside ]]; then
  shift
  sshdoctor="$1" scratch="$2" base="$3"
  measure "$4" "$5"
  exit
fi

for tool in hyperfine nft unshare /usr/bin/time; do
  command -v "$tool" >/dev/null || { echo "benchmark-firewall: $tool is missing" >&2; exit 3; }
done
[[ "$(id -u)" == 0 ]] || { echo "benchmark-firewall: root is needed to make a network namespace" >&2; exit 3; }
cd "$(dirname "$0")/.."
if [[ -z "${SSHDOCTOR:-}" ]]; then
  cargo build --quiet --release --package sshdoctor
fi
sshdoctor="$(realpath "${SSHDOCTOR:-${CARGO_TARGET_DIR:-target}/release/sshdoctor}")"
self="$(realpath "$0")"
scratch="$(mktemp -d)"
inside=
# The namespaces go with the process that made them, and with them all that runs there.
clean_up() {
  [[ -z "$inside" ]] || kill -KILL "$inside" 2>/dev/null || true
  rm -rf "$scratch"
}
trap clean_up EXIT
trap 'exit 130' INT TERM

echo '{"nftables": []}' >"$scratch/empty.json"
base="$(peak_of "$sshdoctor" firewall --from 198.51.100.7 --ruleset "$scratch/empty.json")"
awk -v base="$base" 'BEGIN { printf "sshdoctor without any rule: %.1f MB (taken off before memory is compared with the JSON)\n\n", base / 1e3 }'
printf '%-7s %7s %11s %10s %10s %10s %7s %10s %7s %11s %11s %8s\n' \
  shape size JSON nft 'nft >file' '--ruleset' 'of nft' live 'of nft' 'nft peak' peak 'of JSON'
for shape in $SHAPES; do
  for size in $SIZES; do
    unshare --net --pid --fork --mount-proc --kill-child -- \
      "$self" --inside "$sshdoctor" "$scratch" "$base" "$shape" "$size" &
    inside=$!
    wait "$inside"
    inside=
  done
done
