"""A deployment that answers every method with the bytes that it was sent."""

import os
import signal
import threading
from concurrent import futures

import grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc


class Mirror(grpc.GenericRpcHandler):
    def service(self, details):
        if details.method.startswith("/grpc.health."):
            return None
        return grpc.unary_unary_rpc_method_handler(lambda request, _: request)


def main():
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=4))
    status = health.HealthServicer()
    health_pb2_grpc.add_HealthServicer_to_server(status, server)
    server.add_generic_rpc_handlers([Mirror()])
    server.add_insecure_port(os.environ["MARTLET_LISTEN"])
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    server.start()
    status.set("", health_pb2.HealthCheckResponse.SERVING)
    stop.wait()
    server.stop(grace=5).wait()


if __name__ == "__main__":
    main()
