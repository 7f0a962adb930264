"""How a figure is taken: processes pinned to a core, CPU time read from /proc, load by h2load."""

import contextlib
import dataclasses
import os
import pathlib
import re
import socket
import statistics
import subprocess
import tempfile
import time

SERVER_CPU, LOAD_CPU = "0", "1"


@dataclasses.dataclass(frozen=True)
class Shape:
    """How clients load a system: connections, streams at once on each, bytes of a message."""

    connections: int
    streams: int
    size: int = 100
    # How many of a run's requests are sent in this shape: one of so many.
    one_of: int = 1
    tls: bool = False
    path: str = "/echo.v1.Echo/Echo"
    # What is posted; None: an echo message of `size` bytes, framed as gRPC does.
    body: bytes | None = None
    content_type: str = "application/grpc"
    http1: bool = False


SHAPES = {
    "c8-m16": Shape(8, 16),
    "c1-m1": Shape(1, 1, one_of=10),
    "c1000-m1": Shape(1000, 1, one_of=2),
    "c8-m4-10KB": Shape(8, 4, size=10_000, one_of=4),
    "c4-m1-1MB": Shape(4, 1, size=1_000_000, one_of=200),
}
TLS_SHAPES = {"tls-c8-m16": Shape(8, 16, tls=True)}


@dataclasses.dataclass
class Figure:
    """One row: a system under one scenario. What was not measured is None."""

    bench: str
    scenario: str
    system: str
    cpu_us_per_request: float | None = None
    rps: float | None = None
    p50_ms: float | None = None
    p99_ms: float | None = None
    pss_mb: float | None = None


def cpu_seconds(pids):
    """On-CPU seconds of every thread of the processes, from schedstat's nanoseconds."""
    total = 0
    for pid in pids:
        for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
            total += int((task / "schedstat").read_text().split()[0])
    return total / 1e9


def pss_mb(pid):
    """Proportional set size in MB: shared pages count by their share."""
    text = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text()
    return int(re.search(r"^Pss:\s+(\d+)", text, re.M).group(1)) / 1024


def tree(pid):
    """The process and all its descendants."""
    found = [pid]
    for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
        for child in (task / "children").read_text().split():
            found += tree(int(child))
    return found


def pin(pid, cpu):
    """Pins every thread of a process to one core."""
    subprocess.run(["taskset", "-acp", cpu, str(pid)], check=True, capture_output=True)


def free_port():
    """A free port below the ephemeral range, where a poll cannot connect to itself."""
    for port in range(20000 + os.getpid() % 5000, 32000):
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise SystemExit("bench: no free port between 20000 and 32000")


@contextlib.contextmanager
def process(command, cpu=SERVER_CPU, **options):
    """A pinned process that never outlives the block."""
    started = subprocess.Popen(
        ["taskset", "-c", cpu, *map(str, command)], stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL, **options)
    try:
        yield started
    finally:
        started.terminate()
        try:
            started.wait(10)
        except subprocess.TimeoutExpired:
            started.kill()
            started.wait()


def framed(message):
    """gRPC's length-prefixed message."""
    return b"\0" + len(message).to_bytes(4, "big") + message


def echo_message(size):
    """`echo.v1.Message` with a payload of so many bytes."""
    length, varint = size, bytearray()
    while True:
        varint.append(length & 0x7F | (0x80 if length > 0x7F else 0))
        length >>= 7
        if not length:
            return b"\x0a" + bytes(varint) + bytes(size)


def load(port, requests, shape, log=None):
    """One h2load run; returns requests per second. Fails unless every request was answered 200."""
    with tempfile.NamedTemporaryFile() as body:
        body.write(shape.body or framed(echo_message(shape.size)))
        body.flush()
        result = subprocess.run(
            ["taskset", "-c", LOAD_CPU, "h2load", f"-n{requests}", f"-c{shape.connections}",
             f"-m{shape.streams}", "-d", body.name, "-H", f"content-type: {shape.content_type}",
             "-H", "te: trailers", *(["--h1"] if shape.http1 else []),
             *(["--log-file", log] if log else []),
             f"{'https' if shape.tls else 'http'}://127.0.0.1:{port}{shape.path}"],
            capture_output=True, text=True, timeout=300, check=True)
    counted = re.search(r"(\d+) succeeded, (\d+) failed", result.stdout)
    if not counted or int(counted.group(1)) != requests or int(counted.group(2)):
        raise SystemExit(f"bench: h2load did not get every answer:\n{result.stdout}")
    return float(re.search(r"([\d.]+) req/s", result.stdout).group(1))


def under_load(bench, scenario, shape, system, port, pids, requests):
    """CPU per request, rate and latency of one system under one shape of load."""
    requests = max(requests // shape.one_of, 2 * shape.connections * shape.streams, 200)
    load(port, max(requests // 10, shape.connections), shape)
    with tempfile.NamedTemporaryFile() as log:
        before = cpu_seconds(pids)
        rps = load(port, requests, shape, log=log.name)
        spent = cpu_seconds(pids) - before
        times = sorted(int(line.split()[2]) for line in open(log.name))
    return Figure(
        bench, scenario, system, rps=rps,
        cpu_us_per_request=spent / requests * 1e6 if pids else None,
        p50_ms=times[len(times) // 2] / 1000, p99_ms=times[len(times) * 99 // 100] / 1000,
        pss_mb=sum(pss_mb(pid) for pid in pids) if pids else None)


def compare(bench, systems, shapes, rounds, requests):
    """Medians of so many rounds; in each round every system starts and takes every shape of `shapes`.

    `systems` maps a name to a context manager of (port, pids) and to the divisor of its requests: slow
    ones get fewer. The order is turned round each time.
    """
    taken = {}
    for turn in range(rounds):
        for system in list(systems)[::-1 if turn % 2 else 1]:
            start, divisor = systems[system]
            with start(SERVER_CPU) as (port, pids):
                for scenario, shape in shapes.items():
                    taken.setdefault((scenario, system), []).append(under_load(
                        bench, scenario, shape, system, port, pids, requests // divisor))
    return [median(taken[scenario, system]) for scenario in shapes for system in systems]


def median(figures):
    """The figure by figure median of several rows of the same system and scenario."""
    first = figures[0]
    values = {}
    for field in dataclasses.fields(Figure)[3:]:
        numbers = [getattr(f, field.name) for f in figures if getattr(f, field.name) is not None]
        values[field.name] = statistics.median(numbers) if numbers else None
    return dataclasses.replace(first, **values)


def wait_for_port(port, within=20):
    end = time.monotonic() + within
    while time.monotonic() < end:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.01)
    raise SystemExit(f"bench: nothing listens on port {port}")
