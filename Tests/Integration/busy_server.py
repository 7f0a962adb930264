"""A deployment of `work.v1.Work` whose server is slow to answer, in one manner or another.

`user_config`: `manner` is one of those in test_health.py, `workers` its threads. A request's `order.sleep_ms` keeps a worker busy. One
whose text is `hang health` makes the health service hang from then on.
"""

import asyncio
import ctypes
import json
import os
import signal
import sys
import threading
import time
from concurrent import futures

import grpc
from grpc_health.v1 import health_pb2

sys.path.insert(0, os.environ["PROBE_STUBS"])
from work.v1 import work_pb2  # noqa: E402

SERVING = health_pb2.HealthCheckResponse(status=health_pb2.HealthCheckResponse.SERVING)
NOT_SERVING = health_pb2.HealthCheckResponse(status=health_pb2.HealthCheckResponse.NOT_SERVING)


def keep_interpreter(seconds):
    """Blocks without letting go of the interpreter's lock, as native code does that was not written for threads."""
    ctypes.PyDLL(None).usleep(int(seconds * 1e6))


def compute(seconds):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        sum(range(10_000))


class Handlers(grpc.GenericRpcHandler):
    def __init__(self, config):
        self.config = config
        self.hangs = threading.Event()
        self.ready_at = time.monotonic() + config.get("load_s", 0)

    def service(self, details):
        method = self.work if details.method.startswith("/work.v1.Work/") else None
        if details.method == "/grpc.health.v1.Health/Check":
            method = self.check
        if method is None:
            return None
        if self.config["manner"].startswith("asyncio"):
            return grpc.unary_unary_rpc_method_handler(self.later(method))
        return grpc.unary_unary_rpc_method_handler(method)

    @staticmethod
    def later(method):
        async def answer(request, context):
            return method(request, context)

        return answer

    def check(self, _, context):
        if self.hangs.is_set():
            time.sleep(3600)
        return (SERVING if time.monotonic() >= self.ready_at else NOT_SERVING).SerializeToString()

    def work(self, bytes_in, context):
        request = work_pb2.Item.FromString(bytes_in)
        if request.text == "hang health":
            self.hangs.set()
        wait = request.order.sleep_ms / 1000
        if wait and self.config["manner"].endswith("keeping the interpreter"):
            keep_interpreter(wait)
        elif wait and self.config["manner"] == "threads that compute":
            compute(wait)
        elif wait:
            time.sleep(wait)
        return bytes_in


async def serve_asyncio(handlers):
    server = grpc.aio.server()
    server.add_generic_rpc_handlers((handlers,))
    server.add_insecure_port(os.environ["MARTLET_LISTEN"])
    await server.start()
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    await stop.wait()
    await server.stop(1)


def serve(handlers, workers, limit):
    server = grpc.server(
        futures.ThreadPoolExecutor(max_workers=workers), maximum_concurrent_rpcs=limit)
    server.add_generic_rpc_handlers((handlers,))
    server.add_insecure_port(os.environ["MARTLET_LISTEN"])
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    server.start()
    stop.wait()
    server.stop(1).wait()


def main():
    with open(os.environ["MARTLET_CONFIG"]) as file:
        config = json.load(file)
    time.sleep(config.get("deaf_s", 0))
    handlers = Handlers(config)
    workers = config.get("workers", 2)
    if config["manner"].startswith("asyncio"):
        asyncio.run(serve_asyncio(handlers))
    else:
        serve(handlers, workers, workers if config["manner"] == "threads that refuse" else None)
    # A worker that hangs does not keep the process.
    os._exit(0)


if __name__ == "__main__":
    main()
