"""A deployment that adds its name to the text that comes, or fails when the text says so."""

import os
import signal
import sys
from concurrent import futures

import grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc

sys.path.insert(0, os.environ["PROBE_STUBS"])
from steps.v1 import steps_pb2_grpc  # noqa: E402

NAME = sys.argv[1]


class Step(steps_pb2_grpc.StepServicer):
    def Run(self, request, context):
        if f"fail {NAME}" in request.text:
            context.abort(grpc.StatusCode.DATA_LOSS, f"{NAME} was told to fail")
        request.text += f">{NAME}"
        return request


def main():
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=8))
    steps_pb2_grpc.add_StepServicer_to_server(Step(), server)
    status = health.HealthServicer()
    health_pb2_grpc.add_HealthServicer_to_server(status, server)
    server.add_insecure_port(os.environ["MARTLET_LISTEN"])
    server.start()
    status.set("", health_pb2.HealthCheckResponse.SERVING)
    signal.sigwait({signal.SIGTERM})
    server.stop(10).wait()


signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
main()
