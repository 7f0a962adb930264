"""A replica and the router keep to HTTP/2 (RFC 9113) against every kind of bad client.

Each case of the tables runs on a connection of its own. What the server does must be among what the
RFC allows, and where the connection survives it must work on: a PING is acknowledged and a new
request is answered. A server that says nothing fails the case after `rawhttp2.PATIENCE` seconds.
"""

import contextlib
import os
import signal
import subprocess
import tempfile

import pytest

import http2_field_cases
import http2_frame_cases
from conftest import check_gone
from http2_case import BODY, OPEN, ask, in_pieces, message, stream_error
from http2_case import case as made
from mesh import BINARIES, ROOT, Mesh, alive, wait_until
from rawhttp2 import INITIAL_WINDOW_SIZE, Code, Connection, dial, ping, window_update

CASES = [*http2_frame_cases.CASES, *http2_field_cases.CASES]
LEAST_CASES = 140

FRESH = 999_999  # a stream above those of the cases
PROBE = b"\xc0nform\xed!"


class Target:
    """A server under test: where it listens, and the process that must outlive the cases."""

    def __init__(self, address, pid, behind=None):
        self.address, self.pid = address, pid
        # The replica's process, where there is one behind the server.
        self.behind = behind


@contextlib.contextmanager
def replica(stubs):
    """The echo app's replica, started as a controller would start it."""
    with tempfile.TemporaryDirectory(prefix="m") as folder:
        config = f"{folder}/config.json"
        with open(config, "w") as file:
            file.write("{}")
        address = f"unix:{folder}/echo.sock"
        environment = {
            **os.environ, "MARTLET_LISTEN": address, "MARTLET_APP": "echo",
            "MARTLET_DEPLOYMENT": "echo", "MARTLET_REPLICA": "echo#1", "MARTLET_CONFIG": config,
            "MARTLET_ROUTER": f"unix:{folder}/none.sock"}
        process = subprocess.Popen([BINARIES / "echo-app", "replica", "echo"], env=environment)
        try:
            wait_until(lambda: listens(address), 20, "the replica listens")
            yield Target(address, process.pid)
        finally:
            process.terminate()
            try:
                process.wait(20)
            finally:
                process.kill()


@contextlib.contextmanager
def router(stubs):
    """The router of a mesh with the echo app behind it."""
    with tempfile.TemporaryDirectory(prefix="m") as folder:
        mesh = Mesh(folder, stubs)
        try:
            mesh.up(ROOT / "deploy/echo/martlet.yaml")
            replica = mesh.wait_running("echo", 1)[0]
            yield Target(mesh.address, mesh.process("router"), behind=replica.pid)
        finally:
            check_gone(mesh)


def listens(address):
    with contextlib.suppress(OSError), dial(address):
        return True
    return False


@pytest.fixture(scope="module", params=[replica, router], ids=lambda start: start.__name__)
def target(request, stubs):
    with request.param(stubs) as started:
        yield started


def run(connection, case):
    """Takes the case's steps and reads until its outcome is clear."""
    connection.watched = case.stream
    if case.greeted:
        connection.greet()
    for step in case.steps:
        connection.send(step) if isinstance(step, bytes) else step(connection)
    connection.pump(lambda: gone(connection) or is_clear(connection, case))
    if gone(connection) or not case.reusable:
        return
    case.tidy(connection)
    # The new stream gets a window of its own, whatever the steps did to the initial one.
    connection.send(ping(PROBE) + ask(FRESH) + window_update(FRESH, len(BODY)))
    fresh = connection.answer(FRESH)
    connection.pump(
        lambda: gone(connection) or (PROBE in connection.pings and fresh.over))


def gone(connection):
    return connection.closed or connection.goaway is not None


def is_clear(connection, case):
    """Whether a new request may be tried already: what is ignored shows only by what follows it."""
    if all(kind in ("connection", "closed") for kind, *_ in case.allowed):
        return False
    return ("ignored",) in case.allowed or connection.answer(connection.watched).over


def outcome(connection, case):
    """What the server did, in the words of the table."""
    answer = connection.answer(connection.watched)
    # Where no request can follow, the server may part in peace once it has answered.
    parted = answer.ended and not case.reusable and connection.goaway in (None, Code.NO_ERROR)
    if connection.goaway is not None and not parted:
        return ("connection", known(connection.goaway))
    if connection.closed and not parted:
        return ("closed",)
    if answer.reset is not None and not (answer.ended and answer.reset == Code.NO_ERROR):
        return ("stream", known(answer.reset))
    if answer.ended:
        echoed = answer.data == case.body and answer.field("grpc-status") == "0"
        status = answer.field(":status") or "none"
        return ("served",) if echoed and status == "200" else ("answered", f"{status[0]}xx")
    return ("silent",) if answer.data or ("ignored",) not in case.allowed else ("ignored",)


def known(code):
    with contextlib.suppress(ValueError):
        return Code(code)
    return code


def spelled(outcome):
    return " ".join(part.name if isinstance(part, Code) else str(part) for part in outcome)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_server_keeps_to_the_rfc(target, case):
    with Connection(target.address) as connection:
        run(connection, case)
        seen = outcome(connection, case)
        allowed = " | ".join(sorted(map(spelled, case.allowed)))
        assert seen in case.allowed, f"{spelled(seen)}; allowed: {allowed}"
        if gone(connection):
            # A connection error ends the TCP connection too (§5.4.1).
            assert connection.pump(lambda: connection.closed), "GOAWAY, but no end"
        elif case.reusable:
            assert PROBE in connection.pings, "no PING is acknowledged any more"
            fresh = connection.answer(FRESH)
            assert fresh.data == BODY and fresh.field("grpc-status") == "0", f"no answer: {fresh}"


@contextlib.contextmanager
def stopped(pid):
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def test_a_client_may_not_send_past_the_window(target):
    """§6.9.1. Only where nobody reads is a window ever used up, so the reader is stopped."""
    if target.behind is None:
        pytest.skip("the echo app reads at once, and so gives credit at once")
    body = message(bytes(4_000_000))
    case = made("6.9.1 DATA past the window", stream_error(Code.FLOW_CONTROL_ERROR),
                OPEN + in_pieces(1, body), reusable=False)
    with Connection(target.address) as connection, stopped(target.behind):
        run(connection, case)
        given = connection.settings[INITIAL_WINDOW_SIZE] + connection.credit.get(1, 0)
        assert given < len(body), "the window was never used up"
        assert outcome(connection, case) in case.allowed, spelled(outcome(connection, case))
    still_serves(target)


def test_the_server_has_survived_all_that(target):
    for _ in range(20):
        still_serves(target)


def still_serves(target):
    """A new connection is served, by the process of the beginning."""
    with Connection(target.address) as connection:
        connection.greet()
        connection.send(ask(1))
        answer = connection.answer(1)
        assert connection.pump(lambda: answer.over), "a new connection is not served"
        assert answer.data == BODY and answer.field("grpc-status") == "0", f"{answer}"
    assert alive(target.pid), "the process is another one"


def test_the_table_is_long_and_every_name_is_its_own():
    names = [case.name for case in CASES]
    assert len(names) >= LEAST_CASES
    assert len(set(names)) == len(names), sorted({n for n in names if names.count(n) > 1})
