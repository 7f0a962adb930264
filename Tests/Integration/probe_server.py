"""A deployment in plain Python: grpcio, the standard health service and the MARTLET_* contract."""

import json
import os
import signal
import sys
import threading
import time

import grpc
from concurrent import futures
from grpc_health.v1 import health, health_pb2, health_pb2_grpc

sys.path.insert(0, os.environ["PROBE_STUBS"])
from probe.v1 import probe_pb2, probe_pb2_grpc  # noqa: E402


def configuration():
    with open(os.environ["MARTLET_CONFIG"]) as file:
        return json.load(file)


class Probe(probe_pb2_grpc.ProbeServicer):
    def __init__(self, config):
        self.version = str(config.get("version", ""))
        self.delay = config.get("delay_s", 0)
        self.fails = config.get("fails", False)

    def Echo(self, request, context):
        ended = threading.Event()
        context.add_callback(ended.set)
        wait = self.delay + request.sleep_ms / 1000
        if wait and ended.wait(wait):
            log(f"cancelled {request.text}")
            return probe_pb2.EchoReply()
        if self.fails:
            context.abort(grpc.StatusCode.DATA_LOSS, f"{self.version} always fails")
        if request.status_code:
            trailing = [("probe-trailer", "set")]
            if request.payload:
                trailing.append(("grpc-status-details-bin", request.payload))
            if request.text:
                trailing.append(("grpc-retry-pushback-ms", request.text))
            context.set_trailing_metadata(trailing)
            code = next(c for c in grpc.StatusCode if c.value[0] == request.status_code)
            context.abort(code, request.status_message)
        metadata = {
            key: value if isinstance(value, str) else value.hex()
            for key, value in context.invocation_metadata()
        }
        metadata["time-remaining"] = str(context.time_remaining())
        context.send_initial_metadata((("probe-initial", "yes"), ("probe-bin", b"\x00\xff")))
        context.set_trailing_metadata((("probe-trailing", "yes"),))
        return probe_pb2.EchoReply(
            payload=request.payload,
            text=request.text,
            pid=os.getpid(),
            replica=os.environ["MARTLET_REPLICA"],
            metadata=metadata,
            version=self.version,
        )


def log(line):
    print(line, flush=True)


def main():
    config = configuration()
    if config.get("crash"):
        log("loading the model failed: no such file weights.bin")
        sys.exit(3)
    time.sleep(config.get("startup_s", 0))
    server = grpc.server(
        futures.ThreadPoolExecutor(max_workers=32), options=[("grpc.max_receive_message_length", -1)],
        compression=grpc.Compression[config.get("compression", "NoCompression")],
    )
    probe_pb2_grpc.add_ProbeServicer_to_server(Probe(config), server)
    status = health.HealthServicer()
    health_pb2_grpc.add_HealthServicer_to_server(status, server)
    listen = os.environ["MARTLET_LISTEN"]
    if not server.add_insecure_port(listen):
        sys.exit(f"cannot listen on {listen}")
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    server.start()
    status.set("", health_pb2.HealthCheckResponse.SERVING)
    log(f"serving on {listen}")
    stop.wait()
    status.enter_graceful_shutdown()
    server.stop(grace=30).wait()
    log("drained")


if __name__ == "__main__":
    main()
