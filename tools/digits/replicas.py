# The example's own deployments, for tools that want to see what they see.
"""Runs single replicas without a mesh, each behind a Unix socket, and calls them."""

import contextlib
import importlib
import json
import os
import pathlib
import subprocess
import sys
import tempfile

import grpc
from grpc_tools import protoc

ROOT = pathlib.Path(__file__).resolve().parents[2]
APP = ROOT / "deploy/content-understanding"
PROGRAM = pathlib.Path(os.environ["MARTLET_BIN"]) / "content-understanding"
NEAREST = 0.4  # share of two boxes' union that they have in common when they are the same glyph's


def stubs():
    """The modules content_pb2 and content_pb2_grpc, made from the proto."""
    out = tempfile.mkdtemp(prefix="digits")
    arguments = ["protoc", f"-I{ROOT}/protos", f"--python_out={out}", f"--grpc_python_out={out}"]
    if protoc.main([*arguments, f"{ROOT}/protos/content/v1/content.proto"]) != 0:
        sys.exit("train-digits: protoc could not read content.proto")
    sys.path.insert(0, out)
    return [importlib.import_module(f"content.v1.content_{kind}") for kind in ("pb2", "pb2_grpc")]


PB, GRPC = stubs()


@contextlib.contextmanager
def replica(deployment, config=None):
    """A channel to a replica of the deployment, once it serves."""
    with tempfile.TemporaryDirectory(prefix="d") as folder:  # short: it holds a Unix socket
        address = f"unix:{folder}/replica.sock"
        file = pathlib.Path(folder) / "config.json"
        file.write_text(json.dumps(config or {}))
        environment = {**os.environ, "MARTLET_LISTEN": address, "MARTLET_CONFIG": str(file)}
        with open(f"{folder}/log", "w+") as log:
            process = subprocess.Popen(
                [PROGRAM, "replica", deployment], cwd=APP, env=environment, stdout=log, stderr=log
            )
            try:
                with grpc.insecure_channel(address) as channel:
                    try:
                        grpc.channel_ready_future(channel).result(timeout=10)
                    except grpc.FutureTimeoutError:
                        sys.exit(
                            f"{deployment} does not serve:\n{pathlib.Path(log.name).read_text()}"
                        )
                    yield channel
            finally:
                process.terminate()
                process.wait(30)


class Eyes:
    """What the preprocessor and the detector see."""

    def __init__(self, preprocessor, detector):
        self.preprocessor = GRPC.PreprocessorStub(preprocessor)
        self.detector = GRPC.DetectorStub(detector)

    def crops(self, png):
        page = self.preprocessor.Prepare(PB.Document(url="composed", content=png), timeout=60)
        return self.detector.Detect(page, timeout=60).boxes


@contextlib.contextmanager
def eyes():
    with replica("preprocessor") as preprocessor, replica("detector") as detector:
        yield Eyes(preprocessor, detector)


def matched(objects, crops):
    """Pairs of what was composed (`objects`) and the crop that shows it."""
    pairs, left = [], list(objects)
    for crop in crops:
        box = (crop.box.x, crop.box.y, crop.box.width, crop.box.height)
        best = max(left, key=lambda other: common(box, other["box"]), default=None)
        if best is not None and common(box, best["box"]) > NEAREST:
            left.remove(best)
            pairs.append((best, crop))
    return pairs


def common(a, b):
    """The share of two boxes' union that is in both."""
    across = min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0])
    down = min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1])
    both = max(0, across) * max(0, down)
    return both / (a[2] * a[3] + b[2] * b[3] - both)
