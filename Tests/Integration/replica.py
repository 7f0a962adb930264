"""What a deployment in plain Python does beside its work: the contract of a replica."""

import os
import signal
import threading

from grpc_health.v1 import health, health_pb2, health_pb2_grpc


def serve(server, grace):
    """Serves at MARTLET_LISTEN until SIGTERM; calls then have `grace` seconds to finish."""
    status = health.HealthServicer()
    health_pb2_grpc.add_HealthServicer_to_server(status, server)
    server.add_insecure_port(os.environ["MARTLET_LISTEN"])
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    server.start()
    status.set("", health_pb2.HealthCheckResponse.SERVING)
    stop.wait()
    server.stop(grace=grace).wait()
