"""What gRPC's mapping to HTTP/2 does not allow in metadata fails its own call and no other one."""

import base64
import subprocess
from json import loads

import grpc
import pytest

import rawhttp2 as h2
from mesh import probe_app, wait_until
from webclient import ASKS, framed, unframed

PATH = "/probe.v1.Probe/Echo"
GRAPH = [{"method": "probe.v1.Probe/Echo",
          "graph": {"call": "probe", "method": "probe.v1.Probe/Echo"}}]
PLAIN = [{"service": "probe.v1.Probe", "deployment": "probe"}]


@pytest.fixture(params=[PLAIN, GRAPH], ids=["plain", "graph"])
def routed(request, mesh):
    """A mesh with one Python replica, so that all calls share the router's one connection to it."""
    mesh.up(probe_app(mesh.folder, routes=request.param))
    mesh.wait_running("probe", 1)
    return mesh


def ask(address, *fields, media="application/grpc", path=PATH):
    head = h2.block(
        (":method", "POST"), (":scheme", "http"), (":path", path), (":authority", "mesh"),
        ("te", "trailers"), ("content-type", media), *fields)
    with h2.Connection(address) as connection:
        connection.greet()
        connection.send(h2.headers(1, head) + h2.data(1, bytes(5), h2.END_STREAM))
        assert connection.pump(lambda: connection.answer(1).over, 10), "no answer"
        answer = connection.answer(1)
        # The connection lives.
        connection.send(h2.headers(3, head[:0] + h2.block(
            (":method", "POST"), (":scheme", "http"), (":path", path), (":authority", "mesh"),
            ("te", "trailers"), ("content-type", "application/grpc")))
            + h2.data(3, bytes(5), h2.END_STREAM))
        assert connection.pump(lambda: connection.answer(3).over, 10), "no answer to the next"
        assert connection.answer(3).field("grpc-status") == "0", connection.answer(3).fields
    return answer


def curl(address, *arguments):
    result = subprocess.run(
        ["curl", "-sS", "-i", *arguments, f"http://{address}{PATH}"],
        capture_output=True, text=True, timeout=20, check=True)
    return result.stdout


BAD = [
    ("x-tok-bin", "!!!"), ("x-tok-bin", "A"), ("x-tok-bin", "AQ=I"), ("x-tok-bin", "AQ==,A"),
    ("x-tok-bin", "AQ=="[:2] + "-_"), ("x-tok-bin", "AR"), ("grpc-status-details-bin", "?"),
    ("x-text", "gr\xfc\xdfe"), ("x-text", "a\tb"), ("x!odd", "1"),
]


@pytest.mark.parametrize("field", BAD, ids=lambda field: f"{field[0]}={field[1]!r}")
def test_a_bad_entry_is_refused_and_named(routed, field):
    answer = ask(routed.address, field)
    assert answer.field("grpc-status") == "3", answer.fields
    assert f'"{field[0]}"' in answer.field("grpc-message")


@pytest.mark.parametrize("value", ["AQ==", "AQ", "q6ur", "", "AQI=,AQ", "AQ== , q6ur,,AQ"])
def test_a_good_entry_passes(routed, value):
    assert ask(routed.address, ("x-tok-bin", value)).field("grpc-status") == "0"


def heard(routed, door, name, value):
    """What the replica got of a field of a call in JSON."""
    json = door(routed.address, "POST", PATH, [
        ("content-type", "application/json"), (name, value)], b"{}")
    assert json.status == 200, json
    return loads(json.body)["metadata"][name]


# The last of several values is what the replica tells.
LISTS = {"AQI=,AQ": "01", "AQ, q6ur": "ababab", "AQ,": ""}


@pytest.mark.parametrize("value", LISTS)
@pytest.mark.parametrize("door", ASKS.values(), ids=ASKS)
def test_a_list_of_values_comes_as_several_through_every_door(routed, door, value):
    from probe.v1 import probe_pb2
    assert heard(routed, door, "x-tok-bin", value) == LISTS[value]
    web = door(routed.address, "POST", PATH, [
        ("content-type", "application/grpc-web+proto"), ("x-tok-bin", value)], framed(b""))
    (_, message), (flag, trailers) = unframed(web.body)
    assert flag == 0x80 and b"grpc-status: 0" in trailers.replace(b":0", b": 0"), trailers
    assert probe_pb2.EchoReply.FromString(message).metadata["x-tok-bin"] == LISTS[value]
    assert ask(routed.address, ("x-tok-bin", value)).field("grpc-status") == "0"


PADDED = {"  a b  ": "a b", " ": "", "\tc": "c", "d ": "d"}


@pytest.mark.parametrize("value", PADDED, ids=repr)
@pytest.mark.parametrize("door", ASKS.values(), ids=ASKS)
def test_spaces_around_a_value_are_stripped_at_every_door(routed, door, value):
    from probe.v1 import probe_pb2, probe_pb2_grpc
    assert heard(routed, door, "x-text", value) == PADDED[value]
    assert ask(routed.address, ("x-text", value)).field("grpc-status") == "0"
    if "\t" in value:
        return  # which clients of gRPC do not send
    with routed.channel() as channel:
        answer = probe_pb2_grpc.ProbeStub(channel).Echo(
            probe_pb2.EchoRequest(), metadata=[("x-text", value)], timeout=10)
        assert answer.metadata["x-text"] == PADDED[value]


def test_values_that_are_too_many_as_fields_of_their_own_are_refused(routed):
    answer = ask(routed.address, ("x-tok-bin", ",".join(["AQ"] * 4000)))
    assert answer.field("grpc-status") == "8", answer.fields
    assert '"x-tok-bin"' in answer.field("grpc-message")


def test_every_door_refuses_and_no_later_call_suffers(routed):
    from probe.v1 import probe_pb2, probe_pb2_grpc
    json = ["-H", "content-type: application/json", "-d", "{}"]
    page = curl(routed.address, "-H", "x-tok-bin: !!!", *json)
    assert "400" in page.split("\n")[0] and '"invalid_argument"' in page and "x-tok-bin" in page
    page = curl(routed.address, "--http2-prior-knowledge", "-H", "x-tok-bin: !!!", *json)
    assert "400" in page.split("\n")[0] and "x-tok-bin" in page
    web = ["-H", "content-type: application/grpc-web-text", "-d", base64.b64encode(bytes(5))]
    page = curl(routed.address, "-H", "x-tok-bin: !!!", *web)
    assert "grpc-status: 3" in page.lower() and "x-tok-bin" in page
    assert ask(routed.address, ("x-tok-bin", "!!!")).field("grpc-status") == "3"
    with routed.channel() as channel:
        stub = probe_pb2_grpc.ProbeStub(channel)
        for round in range(5):
            answer = stub.Echo(
                probe_pb2.EchoRequest(), metadata=[("x-tok-bin", bytes([round]))], timeout=10)
            assert answer.metadata["x-tok-bin"] == f"{round:02x}"


@pytest.mark.parametrize("name, value", [
    ("te", "gzip, trailers"), ("grpc-encoding", "snappy"), ("grpc-previous-rpc-attempts", "x"),
    ("grpc-retry-pushback-ms", "x"), ("grpc-status", "x"), ("content-type", "application/grpc+x y"),
])
def test_what_a_replica_cannot_read_stays_the_callers_own(routed, name, value):
    """gRPC's C core keeps what is wrong with a value for all later values of the name in its table."""
    head = [(":method", "POST"), (":scheme", "http"), (":path", PATH), (":authority", "mesh"),
            ("te", "trailers"), ("content-type", "application/grpc")]
    head = [field for field in head if field[0] != name] + [(name, value)]
    with h2.Connection(routed.address) as connection:
        connection.greet()
        for number in (1, 3, 5):
            connection.send(h2.headers(number, h2.block(*head))
                            + h2.data(number, bytes(5), h2.END_STREAM))
            connection.pump(lambda: connection.answer(number).over, 10)
    good = {"te": "trailers", "grpc-encoding": "identity", "content-type": "application/grpc",
            "grpc-previous-rpc-attempts": "1", "grpc-retry-pushback-ms": "1"}
    fields = [(name, good[name])] if name in good and name not in ("te", "content-type") else []
    for _ in range(3):
        assert ask(routed.address, *fields).field("grpc-status") == "0"
