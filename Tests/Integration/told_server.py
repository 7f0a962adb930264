"""A deployment that answers as its request tells it: with any metadata, and any status with any text.

The request's `text` is JSON for the deployment of that name: {"NAME": {"initial": [[NAME, VALUE], …], "trailing": …,
"code": 5, "message": "…", "text": "the answer's", "size": BYTES, "sleep_s": SECONDS}}. What it says of no deployment
is an empty answer; `size` is that of the answer's payload.
"""

import json
import os
import sys
import threading

import grpc
from concurrent import futures

import replica

sys.path.insert(0, os.environ["PROBE_STUBS"])
from probe.v1 import probe_pb2, probe_pb2_grpc  # noqa: E402

NAME = os.environ["MARTLET_REPLICA"].split("#")[0]


def answer(request, context):
    told = json.loads(request.text or "{}").get(NAME, {})
    if "sleep_s" in told:
        ended = threading.Event()
        context.add_callback(ended.set)
        if ended.wait(told["sleep_s"]):
            print(f"cancelled {told['text']}", flush=True)
            return probe_pb2.EchoReply()
    if "initial" in told:
        context.send_initial_metadata([tuple(entry) for entry in told["initial"]])
    context.set_trailing_metadata([tuple(entry) for entry in told.get("trailing", [])])
    if "code" in told:
        code = next(c for c in grpc.StatusCode if c.value[0] == told["code"])
        context.abort(code, told.get("message", ""))
    heard = {key: value for key, value in context.invocation_metadata() if isinstance(value, str)}
    # The next step of a graph is told the same.
    return probe_pb2.EchoReply(
        payload=bytes(told.get("size", 0)), text=told.get("text", request.text), metadata=heard,
        replica=os.environ["MARTLET_REPLICA"])


class Probe(probe_pb2_grpc.ProbeServicer):
    def Echo(self, request, context):
        return answer(request, context)


class Other(probe_pb2_grpc.OtherServicer):
    def Double(self, request, context):
        return answer(request, context)

    def Look(self, request, context):
        return answer(request, context)


def main():
    server = grpc.server(futures.ThreadPoolExecutor(16))
    probe_pb2_grpc.add_ProbeServicer_to_server(Probe(), server)
    probe_pb2_grpc.add_OtherServicer_to_server(Other(), server)
    replica.serve(server, grace=10)


if __name__ == "__main__":
    main()
