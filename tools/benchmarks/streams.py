"""Messages of 64 KiB there and back on bidirectional calls, one in flight on each of four."""

import subprocess
import time

import cpp
from measure import LOAD_CPU, SERVER_CPU, Figure, cpu_seconds, median, pss_mb

SCENARIO = "stream-64KiB"
CALLS, BYTES = 4, 64 << 10


def load(port, messages):
    """Microseconds of each message there and back."""
    result = subprocess.run(
        ["taskset", "-c", LOAD_CPU, cpp.program("stream_load"), f"127.0.0.1:{port}", str(CALLS),
         str(messages // CALLS), str(BYTES)], capture_output=True, text=True, timeout=300)
    if result.returncode:
        raise SystemExit(f"bench: the streams failed: {result.stderr}")
    return sorted(map(int, result.stdout.split()))


def compare(bench, systems, rounds, messages):
    """Medians of so many rounds; `systems` maps a name to a context manager of (port, pids)."""
    taken = {}
    for turn in range(rounds):
        for name in list(systems)[::-1 if turn % 2 else 1]:
            with systems[name](SERVER_CPU) as (port, pids):
                load(port, messages // 10)
                before, began = cpu_seconds(pids), time.monotonic()
                times = load(port, messages)
                taken.setdefault(name, []).append(Figure(
                    bench, SCENARIO, name, rps=len(times) / (time.monotonic() - began),
                    cpu_us_per_request=(cpu_seconds(pids) - before) / len(times) * 1e6 if pids else None,
                    p50_ms=times[len(times) // 2] / 1000, p99_ms=times[len(times) * 99 // 100] / 1000,
                    pss_mb=sum(map(pss_mb, pids)) if pids else None))
    return [median(taken[name]) for name in systems]
