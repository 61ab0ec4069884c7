#!/bin/sh
# How fast `explain` reads a log, beside grep and rg that look for the same words.
#
#   cargo build --release && scripts/benchmark-explain.sh [MEGABYTES]
#
# SSHDOCTOR names another program than target/release/sshdoctor.
set -eu

megabytes=${1:-256}
program=${SSHDOCTOR:-target/release/sshdoctor}
here=$(dirname "$0")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

# The words of every sign.
sed -n 's/.*Sign::\(client\|server\)(\s*"\([^"]*\)".*/\2/p' "$here"/../crates/diagnose/src/text/signs/*.rs |
    grep -v '\\' | sort -u > "$folder/words"

# One line in twenty is sshd's.
awk -v most="$((megabytes * 1000000))" 'BEGIN {
    while (length_so_far < most) {
        number++
        if (number % 20 == 0)
            line = sprintf("Nov 24 10:00:%02d web1 sshd[%d]: Failed password for invalid user admin from 203.0.113.9 port %d ssh2", number % 60, number % 30000, number % 60000)
        else
            line = sprintf("Nov 24 10:00:%02d web1 nginx[%d]: 198.51.100.7 - - \"GET /articles/%d HTTP/1.1\" 200 %d \"-\" \"Mozilla/5.0\"", number % 60, number % 30000, number, number % 60000)
        print line
        length_so_far += length(line) + 1
    }
}' > "$folder/log"
size=$(wc -c < "$folder/log")

measure() {
    name=$1
    shift
    begin=$(date +%s%N)
    # grep stops at the first line where nobody reads its output.
    "$@" > "$folder/output" 2>&1 || true
    end=$(date +%s%N)
    awk -v name="$name" -v bytes="$size" -v nanoseconds="$((end - begin))" \
        'BEGIN { printf "%-24s %8.0f ms %8.0f MB/s\n", name, nanoseconds / 1e6, bytes * 1000 / nanoseconds }'
}

measure "wc -l (reading alone)" wc -l "$folder/log"
measure "sshdoctor explain" "$program" explain "$folder/log"
measure "grep -c -F -f words" env LC_ALL=C grep -c -F -f "$folder/words" "$folder/log"
if command -v rg > /dev/null; then
    measure "rg -c -F -f words" rg -c -F -f "$folder/words" "$folder/log"
fi
