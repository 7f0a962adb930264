"""A router under attack: the attacker is shown the door, and nobody else notices.

Each attack comes from connections of its own, one after the other for as long as it lasts, while
another client makes its calls. The attacker gets GOAWAY with ENHANCE_YOUR_CALM, every call of the
other client ends well and about as fast as before, and the router keeps neither memory nor sockets.
"""

import concurrent.futures
import contextlib
import os
import socket
import tempfile
import threading
import time

import grpc
import pytest

from attacks import ATTACKS
from conftest import check_gone
from http2_case import HEAD, ask
from mesh import BINARIES, ROOT, Mesh, wait_until
from rawhttp2 import PREFACE, Code, Connection, dial, headers, settings

ATTACKED = 1.0  # seconds that each attack lasts
FEWEST_CALLS = 200  # to be made meanwhile, or their percentile says little
PATIENCE = 10  # seconds for an attacker's connection to end
# What a call may take at the 99th percentile on a machine that does other things besides. Debug
# binaries are slower by far.
SLOWEST = 1.0 if "debug" in BINARIES.parts else 0.020
# Memory that an attack may leave in the allocator's hands.
SPARE_BYTES = 48 << 20


@pytest.fixture(scope="module")
def router(stubs):
    """A mesh with the echo app, which all attacks have to share."""
    with tempfile.TemporaryDirectory(prefix="m") as folder:
        mesh = Mesh(folder, stubs)
        try:
            mesh.up(ROOT / "deploy/echo/martlet.yaml")
            mesh.wait_running("echo", 1)
            yield Router(mesh)
        finally:
            check_gone(mesh)


class Router:
    def __init__(self, mesh):
        self.mesh, self.address = mesh, mesh.address
        self.pid = mesh.process("router")
        with Client(self.address) as client:
            wait_until(lambda: len(client.times) >= FEWEST_CALLS, 60, "calls in peace")
            self.usual = client.percentile()

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.pid}/fd"))

    def resident(self):
        with open(f"/proc/{self.pid}/statm") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    @contextlib.contextmanager
    def unharmed(self):
        """Other calls end well and in time meanwhile, and afterwards nothing is left.

        Gives a function that says whether there is still time for more of what is tried.
        """
        with Client(self.address) as client:
            descriptors, resident = self.descriptors(), self.resident()
            client.begin()
            end = time.monotonic() + ATTACKED
            yield lambda: time.monotonic() < end or len(client.times) < FEWEST_CALLS
            took = client.percentile()
            assert not client.failures, client.failures[:3]
            assert took <= max(2 * self.usual, SLOWEST), \
                f"{took * 1e3:.1f} ms, {self.usual * 1e3:.1f} in peace"
            wait_until(lambda: self.descriptors() <= descriptors, PATIENCE,
                       f"no more than {descriptors} descriptors are open")
            grown = self.resident() - resident
            assert grown <= SPARE_BYTES, f"{grown >> 20} MB more"
            assert self.mesh.process("router") == self.pid, "the router is another one"


class Client:
    """Makes a call every few milliseconds over one channel and keeps how long each took."""

    PAUSE = 0.002

    def __init__(self, address):
        from echo.v1 import echo_pb2, echo_pb2_grpc
        self.channel = grpc.insecure_channel(
            address, options=[("grpc.use_local_subchannel_pool", 1)])
        self.stub = echo_pb2_grpc.EchoStub(self.channel)
        self.request = echo_pb2.Message(payload=b"still here")
        self.times, self.failures = [], []
        self.stopping = threading.Event()
        self.thread = threading.Thread(target=self.run, daemon=True)

    def run(self):
        while not self.stopping.is_set():
            began = time.monotonic()
            try:
                answer = self.stub.Echo(self.request, timeout=5)
                assert answer.payload == self.request.payload
                self.times.append(time.monotonic() - began)
            except grpc.RpcError as error:
                self.failures.append((error.code().name, error.details()))
            time.sleep(self.PAUSE)

    def __enter__(self):
        self.thread.start()
        wait_until(lambda: len(self.times) >= 20, 20, f"calls end well; {self.failures[:3]}")
        return self

    def __exit__(self, *_):
        self.stopping.set()
        self.thread.join(20)
        self.channel.close()

    def begin(self):
        self.times, self.failures = [], []

    def percentile(self):
        """The 99th percentile in the middle one of three stretches: what an attack does it does all
        the time, what else the machine is busy with comes and goes."""
        times = list(self.times)
        stretch = len(times) // 3
        assert len(times) >= FEWEST_CALLS, f"only {len(times)} calls; {self.failures[:3]}"
        parts = [sorted(times[at:at + stretch]) for at in (0, stretch, 2 * stretch)]
        return sorted(part[int(stretch * 0.99)] for part in parts)[1]


def mount(attack, address):
    """Sends an attack once; what the server said at the end, None if only that it ends."""
    with Connection(address) as connection:
        connection.greet()
        with concurrent.futures.ThreadPoolExecutor(1) as sender:
            sending = sender.submit(connection.send, attack.octets)
            if not attack.reads:
                sending.result()
            assert connection.pump(lambda: connection.closed, PATIENCE), "the attacker may stay"
        return connection.goaway


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.name)
def test_an_attacker_is_shown_the_door_and_nobody_else_notices(router, attack):
    with router.unharmed() as meanwhile:
        ends = []
        while meanwhile():
            ends.append(mount(attack, router.address))
            # One attacker at a time and as many as can be would only measure two processes' share
            # of the processor.
            time.sleep(0.05)
        assert set(ends) == {Code.ENHANCE_YOUR_CALM}, ends


def open_many(address, count, octets):
    made = []
    for _ in range(count):
        made.append(dial(address))
        made[-1].sendall(octets)
        # A new connection costs its server more than a call, here as anywhere.
        time.sleep(0.002)
    return made


def ended(made, within):
    """What came on each connection before its end; fails when one does not end."""
    end = time.monotonic() + within
    heard = []
    for one in made:
        got = b""
        while True:
            one.settimeout(max(0.01, end - time.monotonic()))
            try:
                piece = one.recv(1 << 16)
            except ConnectionResetError:
                break
            if not piece:
                break
            got += piece
        heard.append(got)
        one.close()
    return heard


def test_connections_that_never_say_what_they_are(router):
    with router.unharmed():
        ended(open_many(router.address, 300, PREFACE[:10]), within=10)


def test_header_sections_that_never_end(router):
    begun = PREFACE + settings() + headers(1, HEAD[:20], 0)
    with router.unharmed():
        for heard in ended(open_many(router.address, 300, begun), within=20):
            assert int.from_bytes(heard[-46:], "big"), "no GOAWAY"
            assert b"a header section was not whole in time" in heard


def test_a_header_section_that_trickles(router):
    """An octet now and then does not make a section any younger."""
    began = time.monotonic()
    with router.unharmed(), Connection(router.address) as connection:
        connection.greet()
        connection.send(headers(1, HEAD)[:12])
        for octet in HEAD[3:]:
            connection.pump(lambda: connection.closed, within=0.5)
            if connection.closed:
                break
            connection.send(bytes([octet]))
        assert connection.goaway == Code.ENHANCE_YOUR_CALM
        assert 9 < time.monotonic() - began < 20


def test_connections_that_come_and_go(router):
    with router.unharmed() as meanwhile:
        while meanwhile():
            for one in open_many(router.address, 50, PREFACE + settings() + ask(1)):
                # Gone without a word, with an answer on its way.
                one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
                one.close()
