"""Times commands on the host: lines of a name, a tab and a command for sh on standard input; prints a JSON document."""

import json
import os
import sys
import time

ROUNDS = 15


def run(command):
    """Milliseconds of wall time, the largest resident set of any process of it in KiB (no less than that of the fork here), and
    the exit status."""
    begun = time.perf_counter()
    child = os.fork()
    if child == 0:
        quiet = os.open(os.devnull, os.O_RDWR)
        for descriptor in (0, 1, 2):
            os.dup2(quiet, descriptor)
        os.execv("/bin/sh", ["sh", "-c", command])
    _, status, usage = os.wait4(child, 0)
    return (time.perf_counter() - begun) * 1000, usage.ru_maxrss, os.waitstatus_to_exitcode(status)


lines = [line.rstrip("\n").split("\t") for line in sys.stdin]
times = {name: [] for name, _ in lines}
memory = {name: 0 for name, _ in lines}
statuses = {name: 0 for name, _ in lines}
# In turns, so that whatever else the machine does disturbs all alike.
for _ in range(ROUNDS):
    for name, command in lines:
        took, resident, status = run(command)
        times[name].append(took)
        memory[name] = max(memory[name], resident)
        statuses[name] = status or statuses[name]
print(json.dumps([
    {
        "name": name,
        "middle_ms": sorted(times[name])[ROUNDS // 2],
        "least_ms": min(times[name]),
        "most_ms": max(times[name]),
        "resident_kib": memory[name],
        "status": statuses[name],
    }
    for name, _ in lines
]))
