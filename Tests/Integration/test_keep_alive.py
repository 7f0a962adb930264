"""How long a connection of HTTP/1.1 is kept: longer than proxies keep those of their pools, or as it is set."""

import time

import pytest

from mesh import ROOT, probe_app
from test_one_port import Raw, get

HEAD_TIME = 5  # Limits.connectTimeout: for a head to become whole


def serve(mesh, *arguments):
    mesh.up(ROOT / "deploy/echo/martlet.yaml", *arguments)
    mesh.wait_running("echo", 1)


def test_idle_connections_outlive_those_of_pools(mesh):
    serve(mesh)
    call = ['content-type: application/json', "content-length: 2"]
    with Raw(mesh.address) as raw, Raw(mesh.address) as other, Raw(mesh.address) as slow:
        for text in (get(), get("/echo.v1.Echo/Echo", *call, method="POST") + "{}", get("/nothing")):
            fields = raw.send(text).answer()[2]
            assert (fields["connection"], fields["keep-alive"]) == ("keep-alive", "timeout=75")
        fields = other.send(get("/-/healthz", "Connection: keep-alive", version="1.0")).answer()[2]
        assert (fields["connection"], fields["keep-alive"]) == ("keep-alive", "timeout=75")
        assert "keep-alive" not in Raw(mesh.address).send(get("/", "Connection: close")).answer()[2]
        # A head that does not come on is given no more time than the first one.
        slow.send(get()).answer()
        began = time.monotonic()
        slow.send("GET / HT")
        assert slow.read(within=HEAD_TIME + 3) == ""
        assert time.monotonic() - began > HEAD_TIME - 0.5
        time.sleep(1)
        assert raw.send(get()).answer()[0] == other.send(get()).answer()[0] == 200


def test_the_time_is_a_setting(mesh):
    serve(mesh, "--keep-alive-timeout", "1.5")
    with Raw(mesh.address) as raw:
        assert raw.send(get()).answer()[2]["keep-alive"] == "timeout=1"
        time.sleep(0.7)
        assert raw.send(get()).answer()[0] == 200
        began = time.monotonic()
        assert raw.read(within=6) == ""
        assert 1 < time.monotonic() - began < 5


def test_no_time_means_one_request(mesh):
    serve(mesh, "--keep-alive-timeout", "0")
    with Raw(mesh.address) as raw:
        status, _, fields = raw.send(get() + get()).answer()
        assert (status, fields["connection"]) == (200, "close")
        assert raw.read(within=5) == ""


@pytest.mark.parametrize("text", ["soon", "-1", "nan", "inf", "99999999"])
def test_what_is_no_time_is_refused(mesh, text):
    done = mesh.cli("up", probe_app(mesh.folder), f"--keep-alive-timeout={text}", check=False)
    assert done.returncode == 64
    assert f"--keep-alive-timeout takes seconds from 0 to 86400, not {text}" in done.stderr
