"""A deployment in plain Python that calls others, and passes on what belongs to a request and its trace."""

import os
import sys
import time
from concurrent import futures

import grpc

sys.path.insert(0, os.environ["PROBE_STUBS"])
from probe.v1 import probe_pb2, probe_pb2_grpc  # noqa: E402

import replica  # noqa: E402

# What a replica may say that is no trace, or the trace of nothing that there is.
NONSENSE = [
    "x" * 5000, "[" * 5000, "{\"nodes\":" * 500, "7", "{}",
    '{"us":-1,"nodes":[{"parent":7,"us":1e99,"kind":{"a":[]}},{"us":9223372036854775807}],"more":3}',
    '{"route":"evil.Evil/Evil","nodes":[' + ",".join(["{}"] * 2000) + "]}",
]


class Caller(probe_pb2_grpc.ProbeServicer):
    def __init__(self, router):
        self.router = router

    def Echo(self, request, context):
        began = time.monotonic()
        if request.text == "nonsense":
            context.set_trailing_metadata(
                [("martlet-trace", text) for text in NONSENSE] + [("martlet-execute-us", "-999999")])
            return probe_pb2.EchoReply(version="caller")
        passed = [
            (name, value) for name, value in context.invocation_metadata()
            if name in ("martlet-trace", "martlet-app-version")]
        named = [("martlet-app", os.environ["MARTLET_APP"]), ("martlet-deployment", "fast")]
        calls = [("probe.v1.Probe/Echo", passed + named), ("probe.v1.Other/Double", passed)]
        trace = []
        for method, metadata in calls:
            ask = self.router.unary_unary(
                f"/{method}", probe_pb2.EchoRequest.SerializeToString, probe_pb2.EchoReply.FromString)
            answer, call = ask.with_call(request, metadata=metadata, timeout=10)
            trace += [
                (name, value) for name, value in call.trailing_metadata() if name == "martlet-trace"]
        if trace:
            took = int((time.monotonic() - began) * 1e6)
            trace.append(("martlet-execute-us", str(took)))
        context.set_trailing_metadata(trace)
        return answer


def main():
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=8))
    with grpc.insecure_channel(os.environ["MARTLET_ROUTER"]) as router:
        probe_pb2_grpc.add_ProbeServicer_to_server(Caller(router), server)
        replica.serve(server, grace=10)


main()
