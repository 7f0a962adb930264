"""Readers that take their time, or go away, cost little and hold nobody else up."""

import re
import statistics
import time

import pytest

import rawhttp2 as h2
from mesh import BINARIES, HERE, wait_until
from proofs import sized
from rawload import Client, abort, call, framed, message, request, resident, settle

EXPAND, ECHO = "/stream.v1.Stream/Expand", "/stream.v1.Stream/Echo"
CHUNK = 50_000
# Bytes that a replica may have on its way to the router on one stream, and what waits in a stream for
# its client before its writer pauses.
WINDOW, BACKLOG = 256 << 10, 64 << 10
# What a reader lets come before it has read anything.
CLIENT_WINDOW = 64 << 10


def field(number, value):
    """A field of a message: an integer, or text."""
    def varint(value):
        out = b""
        while value > 0x7f:
            out, value = out + bytes([value & 0x7f | 0x80]), value >> 7
        return out + bytes([value])

    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    return varint(number << 3 | 2) + varint(len(value)) + value.encode()


def expand(name, chunks, pause_ms=0):
    return framed(field(1, name) + field(2, chunks) + field(3, CHUNK) + field(4, pause_ms))


class Readers(Client):
    """Streams on one connection, each read at its own pace."""

    def __init__(self, address):
        super().__init__(address, h2.settings((h2.INITIAL_WINDOW_SIZE, CLIENT_WINDOW)))
        self.socket.settimeout(0.02)
        self.unread = {}
        self.total = 0

    def start(self, body):
        stream = self.opened()
        self.socket.sendall(call(stream, request(EXPAND), body))
        return stream

    def take(self, kind, flags, stream, buffer, start, end):
        if kind == h2.DATA:
            self.unread[stream] = self.unread.get(stream, 0) + end - start
            self.total += end - start
        super().take(kind, flags, stream, buffer, start, end)

    def read_what_is_there(self):
        try:
            self.read()
        except TimeoutError:
            return False
        return True

    def allow(self, most):
        """Reads at most so many bytes of each stream."""
        updates = []
        for stream, count in self.unread.items():
            if count and stream in self.open:
                updates.append(h2.window_update(stream, min(count, most)))
                self.unread[stream] -= min(count, most)
        self.socket.sendall(b"".join(updates))


@pytest.fixture
def streams(mesh):
    (mesh.folder / "app.yaml").write_text(f"""\
name: stream
protos: [{HERE}/protos/stream/v1/stream.proto]
deployments:
  - name: stream
    command: [{BINARIES}/stream-fixture, replica, stream]
    services: [stream.v1.Stream]
    max_ongoing_requests: 2000
    resources: {{cpus: 0.5}}
routes:
  - service: stream.v1.Stream
    deployment: stream
""")
    mesh.up(mesh.folder / "app.yaml")
    mesh.wait_running("stream", 1)
    return mesh


def processes(mesh):
    return {"router": mesh.process("router"), "replica": mesh.replicas("stream")[0].pid}


def memory(pids):
    return {role: resident(pid) for role, pid in pids.items()}


def echo(address):
    """Seconds that a short call takes."""
    began = time.monotonic()
    with Client(address) as client:
        client.socket.settimeout(5)
        client.calls(1, ECHO, message(b"x" * 100))
        assert client.ok == 1, client.failures
    return time.monotonic() - began


def test_slow_readers_cost_a_window_each_and_hold_nobody_up(streams):
    count, chunks = sized(1000, 50), 200
    pids = processes(streams)
    echo(streams.address)
    before = settle(lambda: memory(pids))
    connections = [Readers(streams.address) for _ in range(sized(10, 2))]
    for index in range(count):
        connections[index % len(connections)].start(expand(f"slow {index}", chunks))

    def fill():
        while any([c.read_what_is_there() for c in connections]):
            pass
        return sum(c.total for c in connections)

    # Nobody reads on: what has come so far is what there is room for.
    assert settle(fill, quiet=1, within=60) >= count * CLIENT_WINDOW * 0.9
    stalled = settle(lambda: memory(pids))
    beside = [echo(streams.address) for _ in range(5)]
    peak = dict(stalled)
    began = time.monotonic()
    while any(c.open for c in connections):
        tick = time.monotonic()
        for connection in connections:
            connection.allow(CLIENT_WINDOW)  # 1 MB/s at 16 ticks a second
            while connection.read_what_is_there():
                if time.monotonic() - tick > 1 / 16:
                    break
        for role, kib in memory(pids).items():
            peak[role] = max(peak[role], kib)
        assert time.monotonic() - began < 600
    taken = time.monotonic() - began
    total = sum(c.total for c in connections)
    print(f"\n{count} streams, {total >> 20} MiB in {taken:.1f} s; KiB before {before}, stalled {stalled}, "
          f"peak {peak}; a call beside them {statistics.median(beside) * 1000:.1f} ms")
    for connection in connections:
        assert not connection.failures
        connection.socket.close()
    assert total >= count * chunks * CHUNK
    assert max(beside) < 1
    for role in pids:
        each = (peak[role] - before[role]) / count
        assert each <= (WINDOW + BACKLOG) / 1024 + sized(0, 80), f"{role}: {each:.0f} KiB a stream"


@pytest.mark.parametrize("how", ["reset", "connection cut"])
@pytest.mark.parametrize("handler", ["blocked", "asleep"])
def test_a_handler_hears_within_20_ms_that_its_client_went_away(streams, how, handler):
    late = []
    for number in range(sized(101, 15)):
        name = f"{how} {handler} {number}."
        readers = Readers(streams.address)
        stream = readers.start(expand(name, 1 << 30, pause_ms=0 if handler == "blocked" else 60_000))
        wait_until(lambda: readers.read_what_is_there() and readers.total > 0, 5, "the stream begins")
        if handler == "blocked":
            settle(lambda: readers.read_what_is_there() or readers.total, quiet=0.05)
        gone = time.monotonic_ns()
        if how == "reset":
            readers.socket.sendall(h2.reset(stream))
        else:
            abort(readers.socket)
        said = re.compile(re.escape(name) + r" ended at (\d+)")
        found = wait_until(lambda: said.search(log(streams)), 5, "the handler ends")
        late.append((int(found[1]) - gone) / 1e6)
        readers.socket.close()
    print(f"\n{how}, {handler}: ms {[round(ms, 1) for ms in sorted(late)]}")
    assert statistics.median(late) < 20
    wait_until(lambda: streams.deployment("stream").ongoing_requests == 0, 5, "nothing is ongoing")


def log(mesh):
    return "".join(p.read_text(errors="replace") for p in (mesh.run_dir / "logs").glob("stream*"))
