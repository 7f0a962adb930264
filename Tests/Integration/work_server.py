"""A deployment of `work.v1.Work` that does what its user_config and each message say, and records it.

Bytes go in and out as they are, so that it can answer what is no message. A record is a line of JSON
with a moment of CLOCK_MONOTONIC, which every process of the machine shares.
"""

import json
import os
import sys
import threading
import time
from concurrent import futures

import grpc

from replica import serve

sys.path.insert(0, os.environ["PROBE_STUBS"])
from work.v1 import work_pb2  # noqa: E402

WORKERS = 256
FOR_EVER = 1e9  # seconds; grpcio says more where there is no deadline
CODES = {code.value[0]: code for code in grpc.StatusCode}


class Records:
    def __init__(self, path):
        # Lines of several processes stay whole: each is one write at the end of the file.
        self.file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT) if path else None

    def add(self, what, request, at, **more):
        if self.file is not None:
            line = {"what": what, "text": request.text, "at": at, **more}
            os.write(self.file, json.dumps(line).encode() + b"\n")


class Work(grpc.GenericRpcHandler):
    def __init__(self, config):
        self.name = os.environ["MARTLET_DEPLOYMENT"]
        self.version = str(config.get("version", self.name))
        self.delay = config.get("delay_s", 0)
        self.code = config.get("status_code", 0)
        # Hexadecimal: what is answered instead of a message.
        self.answer = bytes.fromhex(config["answer"]) if "answer" in config else None
        self.payload = bytes(config.get("payload_bytes", 0))
        self.records = Records(config.get("records"))

    def service(self, details):
        if details.method.startswith("/work.v1.Work/"):
            return grpc.unary_unary_rpc_method_handler(self.work)
        return None

    def work(self, bytes_in, context):
        began = time.monotonic_ns()
        request = work_pb2.Item.FromString(bytes_in)
        order = request.orders[self.name] if self.name in request.orders else request.order
        ended, done = threading.Event(), threading.Event()

        def end():
            if not done.is_set():
                self.records.add("cancelled", request, time.monotonic_ns(), who=self.name)
            ended.set()

        if not context.add_callback(end):
            end()  # it is over already
        left = context.time_remaining()
        left = left if left is not None and left < FOR_EVER else None
        self.records.add("began", request, began, who=self.name, left=left)
        wait = self.delay + order.sleep_ms / 1000
        if wait and ended.wait(wait):
            return bytes_in
        done.set()
        code = self.code or order.status_code
        self.records.add("ended", request, time.monotonic_ns(), who=self.name)
        if code:
            context.abort(CODES[code], f"{self.name} was told to fail")
        if self.answer is not None:
            return self.answer
        request.versions.append(self.version)
        if self.payload:
            request.payload = self.payload
        return request.SerializeToString()


def main():
    with open(os.environ["MARTLET_CONFIG"]) as file:
        config = json.load(file)
    server = grpc.server(
        futures.ThreadPoolExecutor(max_workers=WORKERS),
        options=[("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)])
    server.add_generic_rpc_handlers([Work(config)])
    serve(server, grace=30)


if __name__ == "__main__":
    main()
