"""A status reaches a client with default limits however long its text and its metadata are, and costs nobody else a
call.

grpcio takes 8 KiB of trailers for sure and 16 KiB at most, unless it is told otherwise.
"""

import base64
import contextlib
import json
import subprocess
import sys

import grpc
import pytest

from mesh import HERE
from webclient import untexted

SERVICE = "lengths.v1.Lengths"
PLAIN = [{"service": SERVICE, "deployment": "lengths"}]
GRAPH = [{"method": f"{SERVICE}/{method}",
          "graph": {"call": "lengths", "method": f"{SERVICE}/{method}"}}
         for method in ("Unary", "Stream")]
# Of the text as it is encoded: within the limits, beyond the client's, the router's, HPACK's.
LENGTHS = [6_000, 12_000, 20_000, 40_000, 66_000, 200_000, 1_200_000]


def lengths_app(folder, routes, **deployment):
    path = folder / "lengths.yaml"
    path.write_text(json.dumps({
        "name": "lengths", "protos": [str(HERE / "protos/lengths/v1/lengths.proto")],
        "deployments": [{
            "name": "lengths", "command": [sys.executable, str(HERE / "lengths_server.py")],
            "services": [SERVICE], "resources": {"cpus": 0.1}, **deployment}],
        "routes": routes}))
    return path


class Lengths:
    def __init__(self, mesh, channel):
        from lengths.v1 import lengths_pb2, lengths_pb2_grpc
        self.mesh, self.pb = mesh, lengths_pb2
        self.stub = lengths_pb2_grpc.LengthsStub(channel)

    def error(self, method="Unary", metadata=None, **wanted):
        with pytest.raises(grpc.RpcError) as caught:
            call = getattr(self.stub, method)(
                self.pb.Wanted(**wanted), timeout=20, metadata=metadata)
            list(call)
        return caught.value

    @contextlib.contextmanager
    def others(self):
        """Calls in flight meanwhile end well."""
        calls = [self.stub.Unary.future(self.pb.Wanted(sleep_ms=1500), timeout=20) for _ in range(4)]
        yield
        for call in calls:
            call.result()


@pytest.fixture(params=[PLAIN, GRAPH], ids=["plain", "graph"])
def lengths(request, mesh):
    mesh.up(lengths_app(mesh.folder, request.param))
    mesh.wait_running("lengths", 1)
    with mesh.channel() as channel:
        yield Lengths(mesh, channel)


def trailing(error):
    return dict(error.trailing_metadata())


@pytest.mark.parametrize("method", ["Unary", "Stream"])
def test_a_text_of_any_length_is_cut_and_says_so(lengths, method):
    with lengths.others():
        for length in LENGTHS:
            error = lengths.error(method, code=5, text=length)
            assert error.code() is grpc.StatusCode.NOT_FOUND, (length, error.details()[:200])
            text = error.details()
            assert text.startswith("ü" * 900) and "\ufffd" not in text
            if length > 8000:
                assert " [cut after " in text and text.endswith(f" of {length // 6 * 6} bytes]"), text[-60:]
            else:
                assert text == "ü" * (length // 6)


def test_metadata_is_kept_whole_or_not_at_all(lengths):
    with lengths.others():
        for length in (7_000, 12_000, 40_000, 70_000, 300_000):
            error = lengths.error(code=9, text=600, trailing=length)
            assert error.code() is grpc.StatusCode.FAILED_PRECONDITION, (length, error.details())
            assert error.details() == "ü" * 100
            error = lengths.error(code=9, text=20_000, details=length)
            assert error.code() is grpc.StatusCode.FAILED_PRECONDITION, (length, error.details())
            details = trailing(error).get("grpc-status-details-bin")
            assert details is None or details == bytes(length)


def test_a_plain_route_names_what_it_left_out(mesh):
    mesh.up(lengths_app(mesh.folder, PLAIN))
    mesh.wait_running("lengths", 1)
    with mesh.channel() as channel:
        lengths = Lengths(mesh, channel)
        for length in (12_000, 40_000, 70_000):
            error = lengths.error(code=9, text=600, trailing=length)
            assert trailing(error)["martlet-left-out"] == "x-trailing"
            assert trailing(error)["x-short"] == "yes"
        for initial, more in ((40_000, 0), (70_000, 0), (0, 40_000), (0, 70_000)):
            _, call = lengths.stub.Unary.with_call(
                lengths.pb.Wanted(initial=initial, trailing=more), timeout=20)
            found = dict(call.initial_metadata()) | dict(call.trailing_metadata())
            assert found["martlet-left-out"] == ("x-initial" if initial else "x-trailing")


def test_web_clients_get_the_status_too(mesh):
    mesh.up(lengths_app(mesh.folder, PLAIN))
    mesh.wait_running("lengths", 1)
    url = f"http://{mesh.address}/{SERVICE}/Unary"

    def curl(*arguments):
        return subprocess.run(["curl", "-sS", "-i", *arguments, url], capture_output=True,
                              text=True, timeout=30, check=True).stdout

    from lengths.v1 import lengths_pb2
    message = lengths_pb2.Wanted(code=5, text=200_000).SerializeToString()
    framed = base64.b64encode(b"\0" + len(message).to_bytes(4, "big") + message).decode()
    for version in ("--http1.1", "--http2-prior-knowledge"):
        page = curl(version, "-H", "content-type: application/json", "-d",
                    '{"code": 5, "text": 200000}')
        assert "404" in page.split("\n")[0] and "[cut after" in page
        page = curl(version, "-H", "content-type: application/grpc-web-text", "-d", framed)
        body = page.split("\n\n")[-1]
        found = page + untexted(body.encode()).decode(errors="replace")
        assert "grpc-status: 5" in found.lower() and "[cut after" in found


@pytest.mark.parametrize("length", [40_000, 70_000, 120_000])
def test_a_request_of_long_metadata_fails_alone(lengths, length):
    with lengths.others():
        error = lengths.error(metadata=[("x-long", "a" * length)])
        assert error.code() is grpc.StatusCode.RESOURCE_EXHAUSTED, error.details()


def test_a_request_that_the_replica_does_not_take_fails_alone(mesh):
    """grpcio's servers take 16 KiB at most by default, and say so."""
    from mesh import probe_app
    from probe.v1 import probe_pb2, probe_pb2_grpc
    mesh.up(probe_app(mesh.folder))
    mesh.wait_running("probe", 1)
    with mesh.channel() as channel:
        stub = probe_pb2_grpc.ProbeStub(channel)
        other = stub.Echo.future(probe_pb2.EchoRequest(sleep_ms=1500), timeout=20)
        with pytest.raises(grpc.RpcError) as caught:
            stub.Echo(probe_pb2.EchoRequest(), metadata=[("x-long", "a" * 17_000)], timeout=10)
        assert caught.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
        assert "16384" in caught.value.details()
        other.result()
