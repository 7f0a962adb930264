"""A model of tensors: doubles each value, and says in a parameter what it was asked for."""

import os
import signal
import sys
from concurrent import futures

import grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc

sys.path.insert(0, os.environ["PROBE_STUBS"])
from tensors.v1 import tensors_pb2, tensors_pb2_grpc  # noqa: E402

NAME = sys.argv[1]


class Model(tensors_pb2_grpc.ModelServicer):
    def Infer(self, request, context):
        answer = tensors_pb2.InferResponse(model_name=request.model_name, id=request.id)
        for tensor in request.inputs:
            output = answer.outputs.add(
                name=tensor.name, datatype=tensor.datatype, shape=tensor.shape)
            for key, value in tensor.parameters.items():
                output.parameters[key].CopyFrom(value)
            output.parameters[NAME].text = os.environ.get("SEEN", "")
            output.contents.values.extend(2 * value for value in tensor.contents.values)
        answer.raw_output_contents.extend(request.raw_input_contents)
        return answer


def main():
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=4))
    tensors_pb2_grpc.add_ModelServicer_to_server(Model(), server)
    status = health.HealthServicer()
    health_pb2_grpc.add_HealthServicer_to_server(status, server)
    server.add_insecure_port(os.environ["MARTLET_LISTEN"])
    server.start()
    status.set("", health_pb2.HealthCheckResponse.SERVING)
    signal.sigwait({signal.SIGTERM})
    server.stop(10).wait()


signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
main()
