"""The vote of an ensemble as a deployment in Python, with grpcio, protobuf and nothing else.

It keeps the contract of every replica: it serves gRPC at MARTLET_LISTEN, answers grpc.health.v1.Health, and on
SIGTERM finishes what it has and exits with 0.
"""

import os
import pathlib
import signal
import sys
from concurrent import futures

import grpc
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

DESCRIPTORS = pathlib.Path(__file__).with_name("content-understanding.binpb")
# grpc.health.v1.HealthCheckResponse with its one field, `status`: SERVING and NOT_SERVING.
SERVING, NOT_SERVING = b"\x08\x01", b"\x08\x02"
# Seconds; less than graceful_shutdown_timeout_s, which is 20 unless the app file says more.
GRACE = 15


def message_classes(*names):
    """Classes of the app's messages, from the descriptor set that the app file names."""
    pool = descriptor_pool.DescriptorPool()
    for file in descriptor_pb2.FileDescriptorSet.FromString(DESCRIPTORS.read_bytes()).file:
        pool.AddSerializedFile(file.SerializeToString())
    return [message_factory.GetMessageClass(pool.FindMessageTypeByName(name)) for name in names]


def vote(votes, context):
    """The label whose digit most labels share; of digits that equally many share, the one that comes first."""
    digits = [label.object for label in votes.labels]
    if not digits:
        context.abort(grpc.StatusCode.INVALID_ARGUMENT, "a vote needs labels")
    return max(votes.labels, key=lambda label: digits.count(label.object))


class Health:
    def __init__(self):
        self.status = NOT_SERVING

    def check(self, request, context):
        return self.status


def main():
    votes, label = message_classes("content.v1.Votes", "content.v1.Label")
    health = Health()
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=8))
    server.add_generic_rpc_handlers((
        grpc.method_handlers_generic_handler("content.v1.Voter", {
            "Vote": grpc.unary_unary_rpc_method_handler(
                vote, votes.FromString, label.SerializeToString)}),
        # Without (de)serializers requests and answers are bytes.
        grpc.method_handlers_generic_handler("grpc.health.v1.Health", {
            "Check": grpc.unary_unary_rpc_method_handler(health.check)}),
    ))
    listen = os.environ.get("MARTLET_LISTEN")
    if not listen:
        sys.exit("voter: MARTLET_LISTEN must say where to serve: unix:PATH or HOST:PORT")
    server.add_insecure_port(listen)
    server.start()
    health.status = SERVING
    signal.sigwait({signal.SIGTERM})
    health.status = NOT_SERVING
    server.stop(GRACE).wait()


if __name__ == "__main__":
    # Before there is a second thread, so that none of them takes the signal.
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    main()
