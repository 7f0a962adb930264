"""How often a client may ping during a call."""

import json

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


def app(mesh, interval, **options):
    file = probe_app(mesh.folder, **options)
    spec = json.loads(file.read_text())
    spec |= {"name": f"{options.get('name', 'probe')}-app", "min_ping_interval_s": interval}
    file.write_text(json.dumps(spec))
    return file


def test_an_app_lets_clients_ping_more_often_and_the_smallest_interval_counts(mesh):
    mesh.up(app(mesh, 0.5))
    mesh.wait_running("probe", 1)
    with pinged(mesh, 0.5, 7) as connection:
        assert connection.pump(lambda: connection.answer(1).over, 10)
        assert connection.goaway is None and connection.answer(1).field("grpc-status") == "0"
    with pinged(mesh, 0.2, 7) as connection:
        assert connection.goaway == Code.ENHANCE_YOUR_CALM
    # Another app on the same port lets them ping more often; one that asks for fewer pings changes nothing.
    routes = [{"service": "probe.v1.Other", "deployment": "other"}]
    mesh.cli("deploy", app(mesh, 0.1, name="other", services=["probe.v1.Other"], routes=routes))
    mesh.cli("deploy", app(mesh, 60, name="third", services=["third.v1.Third"], routes=[
        {"service": "third.v1.Third", "deployment": "third"}]), check=False)
    with pinged(mesh, 0.2, 7) as connection:
        assert connection.goaway is None
    # It holds as long as the app is there.
    mesh.cli("delete", "other-app")
    with pinged(mesh, 0.2, 7) as connection:
        assert connection.goaway == Code.ENHANCE_YOUR_CALM


def test_an_interval_of_an_app_beyond_a_day_is_refused(mesh):
    result = mesh.cli("validate", app(mesh, 90_000), check=False)
    assert result.returncode == 78 and "min_ping_interval_s: allowed: 0 to 86400 s" in result.stderr
