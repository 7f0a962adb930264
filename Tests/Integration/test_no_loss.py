"""No call is lost while connections are cut, drained and made again on both sides of the router."""

import collections
import contextlib
import json
import os
import random
import signal
import socket
import threading
import time

import grpc
import pytest

import rawhttp2
from mesh import ROOT, wait_until
from proofs import sized
from rawload import abort


class Cutter:
    """A proxy on a TCP port of its own that cuts connections when it is told to."""

    def __init__(self, target):
        self.target = target
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address = "127.0.0.1:%d" % self.listener.getsockname()[1]
        self.lock = threading.Lock()
        self.pairs = []
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        with contextlib.suppress(OSError):
            while True:
                client, _ = self.listener.accept()
                pair = (client, rawhttp2.dial(self.target))
                for end in pair:
                    end.settimeout(None)
                    end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                with self.lock:
                    self.pairs.append(pair)
                for source, sink in (pair, pair[::-1]):
                    threading.Thread(target=self.carry, args=(pair, source, sink), daemon=True).start()

    def carry(self, pair, source, sink):
        with contextlib.suppress(OSError):
            while got := source.recv(1 << 16):
                sink.sendall(got)
        self.end(pair, lambda end: end.shutdown(socket.SHUT_RDWR))

    def end(self, pair, how):
        with self.lock:
            if pair in self.pairs:
                self.pairs.remove(pair)
        for end in pair:
            with contextlib.suppress(OSError):
                how(end)

    def cut(self, chance):
        """Cuts a connection, with resets on both sides or in good order."""
        with self.lock:
            if not self.pairs:
                return 0
            pair = chance.choice(self.pairs)
        if chance.random() < 0.5:
            self.end(pair, lambda end: end.shutdown(socket.SHUT_RDWR))
        else:
            self.end(pair, reset)
        return 1

    def close(self):
        self.listener.close()
        while self.cut(random.Random(1)):
            pass


def reset(end):
    # A socket that a thread reads from stays open after its close: this wakes the thread.
    end.shutdown(socket.SHUT_RD)
    abort(end)


class Caller:
    """A thread that makes calls, several at once, and counts how each of them ended."""

    def __init__(self, address, chance, reopens):
        self.address, self.chance, self.reopens = address, chance, reopens
        self.started, self.ends = 0, collections.Counter()
        self.twice = 0
        self.lock = threading.Lock()
        self.stopping = threading.Event()
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        while not self.stopping.is_set():
            # A pool of its own: other channels must not share its connection.
            options = [("grpc.use_local_subchannel_pool", 1), ("grpc.enable_retries", 0),
                       ("grpc.initial_reconnect_backoff_ms", 20),
                       ("grpc.max_reconnect_backoff_ms", 50)]
            with grpc.insecure_channel(self.address, options=options) as channel:
                end = time.monotonic() + self.chance.uniform(0.2, 2 if self.reopens else 1e9)
                while time.monotonic() < end and not self.stopping.is_set():
                    self.some(channel)

    def some(self, channel):
        from echo.v1 import echo_pb2, echo_pb2_grpc
        stub = echo_pb2_grpc.EchoStub(channel)
        batch = []
        for _ in range(self.chance.randint(1, 8)):
            payload = self.chance.randbytes(self.chance.choice([0, 100, 100, 100, 40_000]))
            future = stub.Echo.future(echo_pb2.Message(payload=payload), timeout=30)
            self.started += 1
            future.add_done_callback(self.counter(payload))
            batch.append(future)
        for future in batch:
            with contextlib.suppress(grpc.RpcError, grpc.FutureCancelledError):
                future.result()

    def counter(self, payload):
        ended = []

        def count(future):
            code = future.code().name
            if code == "OK" and future.result().payload != payload:
                code = "WRONG ANSWER"
            with self.lock:
                self.twice += len(ended)
                ended.append(code)
                self.ends[code if code in ("OK", "UNAVAILABLE") else f"{code}: {future.details()}"] += 1
        return count

    def stop(self):
        self.stopping.set()
        self.thread.join(60)
        assert not self.thread.is_alive(), "a call never ends"


def app(folder, version):
    path = folder / "app.yaml"
    path.write_text(json.dumps({
        "name": "echo", "protos": [str(ROOT / "protos/echo/v1/echo.proto")],
        "deployments": [{
            "name": "echo", "command": ["echo-app", "replica", "echo"], "services": ["echo.v1.Echo"],
            "num_replicas": 3, "max_ongoing_requests": 64, "idempotent": True,
            "resources": {"cpus": 0.01}, "user_config": {"version": version}}],
        "routes": [{"service": "echo.v1.Echo", "deployment": "echo"}]}))
    return path


def disturb(mesh, cutter, chance, number):
    """Cuts some of the clients' connections and does one thing to the replicas."""
    for _ in range(chance.randint(1, 4)):
        cutter.cut(chance)
        time.sleep(chance.uniform(0.01, 0.1))
    deed = number % 4
    if deed == 0:
        running = mesh.replicas("echo")
        if len(running) >= 2:
            with contextlib.suppress(ProcessLookupError):
                os.kill(chance.choice(running).pid, signal.SIGKILL)
    elif deed == 1:
        mesh.cli("scale", f"echo={chance.randint(2, 4)}")
    elif deed == 2:
        mesh.cli("deploy", app(mesh.folder, f"version {number}"))
    else:
        time.sleep(chance.uniform(0.1, 1))  # a time in which all is well


@pytest.mark.timeout(1200)
def test_every_call_ends_once_while_both_sides_come_and_go(mesh):
    seconds = sized(600, 15)
    chance = random.Random(11)
    mesh.up(app(mesh.folder, "one"))
    mesh.wait_running("echo", 3)
    cutter = Cutter(mesh.address)
    direct = [Caller(mesh.address, random.Random(i), reopens=i % 2 == 0) for i in range(3)]
    through = [Caller(cutter.address, random.Random(i), reopens=i % 2 == 0) for i in range(10, 13)]
    end, number = time.monotonic() + seconds, 0
    try:
        while time.monotonic() < end:
            disturb(mesh, cutter, chance, number)
            number += 1
    finally:
        for caller in direct + through:
            caller.stop()
        cutter.close()
    ends = [sum((caller.ends for caller in side), collections.Counter()) for side in (direct, through)]
    print(f"\n{number} disturbances; direct {dict(ends[0])}, through cut connections {dict(ends[1])}")
    for caller in direct + through:
        assert sum(caller.ends.values()) == caller.started and not caller.twice
    assert ends[0].keys() == {"OK"}, "a call was lost although its own connection was whole"
    assert ends[1].keys() <= {"OK", "UNAVAILABLE"}
    assert ends[1]["OK"] and ends[1]["UNAVAILABLE"], "nothing was cut, or everything"
    # The router has forgotten none, either: what it counts as ongoing keeps replicas from calls.
    wait_until(lambda: mesh.deployment("echo").ongoing_requests == 0, 5, "no call is left ongoing")
