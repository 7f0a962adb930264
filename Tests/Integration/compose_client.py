"""A client of the composed mesh, run inside its network namespace: `analyze ADDRESS URL COUNT
THREADS` says when the first call was answered, then prints how many calls ended with each status, as
JSON, and the objects of one answer."""

import collections
import concurrent.futures
import json
import os
import sys

import grpc

sys.path.insert(0, os.environ["STUBS"])
from content.v1 import content_pb2, content_pb2_grpc  # noqa: E402


def main():
    address, url, count, threads = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    codes, objects = collections.Counter(), []
    with grpc.insecure_channel(address) as channel:
        stub = content_pb2_grpc.UnderstandingStub(channel)

        def call(_):
            try:
                answer = stub.Analyze(
                    content_pb2.AnalyzeRequest(url=url), timeout=30, wait_for_ready=True)
                return "OK", [found.object for found in answer.objects]
            except grpc.RpcError as error:
                return f"{error.code().name}: {error.details()}", None

        with concurrent.futures.ThreadPoolExecutor(threads) as pool:
            for code, found in pool.map(call, range(count)):
                if not codes:
                    print("began", flush=True)
                codes[code] += 1
                objects = found or objects
    print(json.dumps({"codes": codes, "objects": objects}))


main()
