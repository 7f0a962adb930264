"""The server of gRPC's interoperability tests on grpcio: a deployment, or a server by itself.

grpcio does not say which messages came compressed, so `expect_compressed` is not looked at.
"""

import os
import pathlib
import signal
import sys
import threading
import time

import grpc
from concurrent import futures
from grpc_health.v1 import health, health_pb2, health_pb2_grpc

sys.path.insert(0, os.environ["PROBE_STUBS"])
from interop import test_pb2, test_pb2_grpc  # noqa: E402

INITIAL, TRAILING = "x-grpc-test-echo-initial", "x-grpc-test-echo-trailing-bin"


def echo_metadata(context):
    sent = context.invocation_metadata()
    context.send_initial_metadata([entry for entry in sent if entry[0] == INITIAL])
    context.set_trailing_metadata([entry for entry in sent if entry[0] == TRAILING])


def echo_status(request, context):
    if request.HasField("response_status"):
        status = request.response_status
        code = next(c for c in grpc.StatusCode if c.value[0] == status.code)
        context.abort(code, status.message)


def responses(request, context):
    echo_status(request, context)
    for parameters in request.response_parameters:
        time.sleep(parameters.interval_us / 1e6)
        if parameters.HasField("compressed") and not parameters.compressed.value:
            context.disable_next_message_compression()
        yield test_pb2.StreamingOutputCallResponse(
            payload=test_pb2.Payload(body=bytes(parameters.size)))


class TestService(test_pb2_grpc.TestServiceServicer):
    def EmptyCall(self, request, context):
        return test_pb2.Empty()

    def UnaryCall(self, request, context):
        if request.HasField("response_compressed") and request.response_compressed.value:
            context.set_compression(grpc.Compression.Gzip)
        echo_metadata(context)
        echo_status(request, context)
        return test_pb2.SimpleResponse(payload=test_pb2.Payload(body=bytes(request.response_size)))

    def StreamingInputCall(self, requests, context):
        echo_metadata(context)
        size = sum(len(request.payload.body) for request in requests)
        return test_pb2.StreamingInputCallResponse(aggregated_payload_size=size)

    def StreamingOutputCall(self, request, context):
        if any(parameters.compressed.value for parameters in request.response_parameters):
            context.set_compression(grpc.Compression.Gzip)
        echo_metadata(context)
        yield from responses(request, context)

    def FullDuplexCall(self, requests, context):
        echo_metadata(context)
        for request in requests:
            yield from responses(request, context)

    def HalfDuplexCall(self, requests, context):
        echo_metadata(context)
        for request in list(requests):
            yield from responses(request, context)


def add_port(server, listen):
    """With mutual TLS where the contract's variables name certificates."""
    if "MARTLET_TLS_CERT" not in os.environ:
        return server.add_insecure_port(listen)
    key, certificate, authority = (
        pathlib.Path(os.environ[f"MARTLET_TLS_{name}"]).read_bytes() for name in ("KEY", "CERT", "CA"))
    return server.add_secure_port(listen, grpc.ssl_server_credentials(
        [(key, certificate)], root_certificates=authority, require_client_auth=True))


def main():
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=16))
    test_pb2_grpc.add_TestServiceServicer_to_server(TestService(), server)
    status = health.HealthServicer()
    health_pb2_grpc.add_HealthServicer_to_server(status, server)
    listen = os.environ["MARTLET_LISTEN"]
    if not add_port(server, listen):
        sys.exit(f"cannot listen on {listen}")
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    server.start()
    status.set("", health_pb2.HealthCheckResponse.SERVING)
    stop.wait()
    status.enter_graceful_shutdown()
    server.stop(grace=10).wait()


if __name__ == "__main__":
    main()
