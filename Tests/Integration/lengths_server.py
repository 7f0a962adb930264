"""A deployment whose answers have texts and metadata of any length, on grpcio."""

import os
import signal
import sys
import threading
import time

import grpc
from concurrent import futures
from grpc_health.v1 import health, health_pb2, health_pb2_grpc

sys.path.insert(0, os.environ["PROBE_STUBS"])
from lengths.v1 import lengths_pb2, lengths_pb2_grpc  # noqa: E402

CODES = {code.value[0]: code for code in grpc.StatusCode}


class Lengths(lengths_pb2_grpc.LengthsServicer):
    def begin(self, wanted, context):
        time.sleep(wanted.sleep_ms / 1000)
        if wanted.initial:
            context.send_initial_metadata([("x-initial", "i" * wanted.initial)])
        trailing = [("x-short", "yes")]
        if wanted.trailing:
            trailing.append(("x-trailing", "t" * wanted.trailing))
        if wanted.details:
            trailing.append(("grpc-status-details-bin", bytes(wanted.details)))
        context.set_trailing_metadata(trailing)
        return lengths_pb2.Answer(
            metadata={name: len(value) for name, value in context.invocation_metadata()})

    def end(self, wanted, context):
        if wanted.code:
            # Six bytes each as they are encoded.
            context.abort(CODES[wanted.code], "ü" * (wanted.text // 6))

    def Unary(self, wanted, context):
        answer = self.begin(wanted, context)
        self.end(wanted, context)
        return answer

    def Stream(self, wanted, context):
        yield self.begin(wanted, context)
        self.end(wanted, context)


def main():
    # The server's own bounds are not what is tested.
    server = grpc.server(futures.ThreadPoolExecutor(32), options=[
        ("grpc.max_metadata_size", 1 << 24), ("grpc.absolute_max_metadata_size", 1 << 24)])
    status = health.HealthServicer()
    health_pb2_grpc.add_HealthServicer_to_server(status, server)
    lengths_pb2_grpc.add_LengthsServicer_to_server(Lengths(), server)
    assert server.add_insecure_port(os.environ["MARTLET_LISTEN"])
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    server.start()
    status.set("", health_pb2.HealthCheckResponse.SERVING)
    stop.wait()
    server.stop(grace=5).wait()


if __name__ == "__main__":
    main()
