"""`google.rpc.Status` in `grpc-status-details-bin`: through the router as it is, and from Swift."""

import grpc
import pytest

from mesh import ROOT, probe_app

DETAILS = "grpc-status-details-bin"
PLAIN = [{"service": "probe.v1.Probe", "deployment": "probe"}]
GRAPH = [{"method": "probe.v1.Probe/Echo", "graph": {"call": "probe", "method": "probe.v1.Probe/Echo"}}]


def rich_status(code, message, *details):
    from google.rpc import status_pb2
    status = status_pb2.Status(code=code, message=message)
    for detail in details:
        status.details.add().Pack(detail)
    return status


def details(error):
    return [value for name, value in error.trailing_metadata() if name == DETAILS]


@pytest.mark.parametrize("routes", [PLAIN, GRAPH], ids=["plain", "graph"])
def test_the_details_pass_the_router(mesh, routes):
    from google.protobuf import duration_pb2, wrappers_pb2
    from probe.v1 import probe_pb2, probe_pb2_grpc
    sent = rich_status(
        8, "größer", duration_pb2.Duration(seconds=3), wrappers_pb2.BytesValue(value=bytes(range(256))))
    mesh.up(probe_app(mesh.folder, routes=routes))
    with mesh.channel() as channel:
        probe = probe_pb2_grpc.ProbeStub(channel)
        # A status of any length: every remainder of the base64 groups.
        for padding in range(4):
            sent.details[1].type_url += "x"
            encoded = sent.SerializeToString()
            with pytest.raises(grpc.RpcError) as caught:
                probe.Echo(probe_pb2.EchoRequest(
                    status_code=8, status_message="größer", payload=encoded), timeout=10)
            assert caught.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
            assert caught.value.details() == "größer"
            assert details(caught.value) == [encoded]
        with pytest.raises(grpc.RpcError) as caught:
            probe.Echo(probe_pb2.EchoRequest(status_code=5), timeout=10)
        assert details(caught.value) == []


def test_a_swift_handler_says_more_than_a_code(mesh):
    from google.rpc import status_pb2
    from interop import test_pb2, test_pb2_grpc
    mesh.up(ROOT / "deploy/interop/martlet.yaml")
    payload = test_pb2.Payload(body=b"\x00why\xff")
    with mesh.channel() as channel, pytest.raises(grpc.RpcError) as caught:
        test_pb2_grpc.TestServiceStub(channel).UnaryCall(test_pb2.SimpleRequest(
            response_status=test_pb2.EchoStatus(code=9, message="nicht möglich"), payload=payload),
            timeout=10)
    assert (caught.value.code(), caught.value.details()) == (
        grpc.StatusCode.FAILED_PRECONDITION, "nicht möglich")
    [encoded] = details(caught.value)
    assert status_pb2.Status.FromString(encoded) == rich_status(9, "nicht möglich", payload)
