"""A deployment that adds its name to the text that comes, or fails when the text says so."""

import os
import sys
from concurrent import futures

import grpc

from replica import serve

sys.path.insert(0, os.environ["PROBE_STUBS"])
from steps.v1 import steps_pb2_grpc  # noqa: E402

NAME = sys.argv[1]


class Step(steps_pb2_grpc.StepServicer):
    def Run(self, request, context):
        if f"fail {NAME}" in request.text:
            context.abort(grpc.StatusCode.DATA_LOSS, f"{NAME} was told to fail")
        request.text += f">{NAME}"
        return request


server = grpc.server(futures.ThreadPoolExecutor(max_workers=8))
steps_pb2_grpc.add_StepServicer_to_server(Step(), server)
serve(server, grace=10)
