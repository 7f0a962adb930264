"""How often a client may ping during a call."""

import pytest

from mesh import probe_app
from rawhttp2 import Code, Connection, ping
from test_cancels import ask


def pinged(mesh, interval, count):
    """A call of four seconds, with so many pings meanwhile; the connection."""
    connection = Connection(mesh.address)
    connection.greet()
    connection.send(ask(1, 4000))
    for _ in range(count):
        connection.send(ping())
        connection.pump(lambda: connection.goaway is not None, interval)
    return connection


def test_the_least_interval_is_a_setting(mesh):
    mesh.up(probe_app(mesh.folder), "--min-ping-interval", "0.5")
    mesh.wait_running("probe", 1)
    with pinged(mesh, 0.5, 7) as connection:
        assert connection.pump(lambda: connection.answer(1).over, 10)
        assert connection.goaway is None and connection.answer(1).field("grpc-status") == "0"
    with pinged(mesh, 0.1, 7) as connection:
        assert connection.goaway == Code.ENHANCE_YOUR_CALM


@pytest.mark.parametrize("text", ["-1", "often", "1e9", "nan"])
def test_what_is_no_interval_is_refused(mesh, text):
    result = mesh.cli("up", f"--min-ping-interval={text}", "--detach", check=False)
    assert result.returncode == 64 and "--min-ping-interval" in result.stderr
