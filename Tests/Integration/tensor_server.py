"""A model of the Open Inference Protocol: doubles each value, and says in a parameter what it was asked for."""

import os
import sys
from concurrent import futures

import grpc

from replica import serve

sys.path.insert(0, os.environ["PROBE_STUBS"])
from inference.v2 import open_inference_pb2 as inference  # noqa: E402
from inference.v2 import open_inference_pb2_grpc  # noqa: E402

NAME = sys.argv[1]


class Model(open_inference_pb2_grpc.GRPCInferenceServiceServicer):
    def ModelInfer(self, request, context):
        if request.model_name != NAME:
            context.abort(grpc.StatusCode.NOT_FOUND, f"{NAME} is no {request.model_name}")
        answer = inference.ModelInferResponse(model_name=NAME, model_version="1", id=request.id)
        for tensor in request.inputs:
            output = answer.outputs.add(
                name=tensor.name, datatype=tensor.datatype, shape=tensor.shape)
            for key, value in tensor.parameters.items():
                output.parameters[key].CopyFrom(value)
            output.parameters[NAME].string_param = os.environ.get("SEEN", "")
            output.contents.fp32_contents.extend(2 * value for value in tensor.contents.fp32_contents)
        answer.raw_output_contents.extend(request.raw_input_contents)
        return answer


server = grpc.server(futures.ThreadPoolExecutor(max_workers=4))
open_inference_pb2_grpc.add_GRPCInferenceServiceServicer_to_server(Model(), server)
serve(server, grace=10)
