"""A deployment whose first replica, by the file `token`, fails, hangs or dawdles: `bad` of its user_config.

Its health passes all the same. A request with the text `die` ends the process of whoever gets it, `die later` after 0.3 s. Every
replica that is older than the file `hang` hangs.
"""

import json
import os
import signal
import sys
import threading
import time
from concurrent import futures

import grpc

from replica import serve

sys.path.insert(0, os.environ["PROBE_STUBS"])
from probe.v1 import probe_pb2, probe_pb2_grpc  # noqa: E402

CODES = {code.value[0]: code for code in grpc.StatusCode}


class Fickle(probe_pb2_grpc.ProbeServicer):
    def __init__(self, config):
        self.delay = config.get("delay_s", 0.01)
        self.code = config.get("code", 14)
        self.pushback = config.get("pushback")
        self.bad = config.get("bad") if first(config.get("token")) else None
        self.hang, self.began = config.get("hang"), time.time()

    def Echo(self, request, context):
        if request.text.startswith("die"):
            time.sleep(0.3 if request.text == "die later" else 0)
            os.kill(os.getpid(), signal.SIGKILL)
        if self.bad == "fails":
            if self.pushback is not None:
                context.set_trailing_metadata((("grpc-retry-pushback-ms", self.pushback),))
            context.abort(CODES[self.code], "not today")
        if self.bad == "hangs" or self.hang and is_older(self.began, self.hang):
            ended = threading.Event()
            context.add_callback(ended.set)
            ended.wait()
            return probe_pb2.EchoReply()
        time.sleep(self.delay * 10 if self.bad == "dawdles" else self.delay)
        attempts = dict(context.invocation_metadata()).get("grpc-previous-rpc-attempts", "")
        return probe_pb2.EchoReply(
            text=request.text, pid=os.getpid(), replica=os.environ["MARTLET_REPLICA"],
            metadata={"attempts": attempts})


def is_older(moment, path):
    try:
        return moment < os.stat(path).st_mtime
    except FileNotFoundError:
        return False


def first(token):
    """Whether this process is the first to ask."""
    if token is None:
        return False
    try:
        os.close(os.open(token, os.O_CREAT | os.O_EXCL))
    except FileExistsError:
        return False
    return True


def main():
    with open(os.environ["MARTLET_CONFIG"]) as file:
        config = json.load(file)
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=64))
    probe_pb2_grpc.add_ProbeServicer_to_server(Fickle(config), server)
    serve(server, grace=5)


if __name__ == "__main__":
    main()
