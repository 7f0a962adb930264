"""Calls of the probe that keep how they ended: the code, the text and the seconds that it took."""

import json
import time
from concurrent import futures

import grpc


def stub(mesh, channel=None):
    from probe.v1 import probe_pb2_grpc

    return probe_pb2_grpc.ProbeStub(channel or mesh.channel())


def ended(probe, timeout=30, **request):
    """(code, reply or text, seconds) of one call."""
    from probe.v1 import probe_pb2

    began = time.monotonic()
    try:
        reply = probe.Echo(probe_pb2.EchoRequest(**request), timeout=timeout)
        return "OK", reply, time.monotonic() - began
    except grpc.RpcError as error:
        return error.code().name, error.details(), time.monotonic() - began


def at_once(mesh, count, timeout=30, **request):
    """So many calls that begin together, and how each of them ended."""
    with mesh.channel() as channel, futures.ThreadPoolExecutor(count) as pool:
        probe = stub(mesh, channel)
        ended(probe)  # the connection is there
        calls = [pool.submit(ended, probe, timeout, **request) for _ in range(count)]
        return [call.result() for call in calls]


def deploy(mesh, file, *arguments, **options):
    return mesh.cli("deploy", file, *arguments, **options)


def rewrite(file, **changes):
    """Changes keys of the only deployment of an app file; None removes one."""
    spec = json.loads(file.read_text())
    for key, value in changes.items():
        if value is None:
            spec["deployments"][0].pop(key, None)
        else:
            spec["deployments"][0][key] = value
    file.write_text(json.dumps(spec, indent=2))
    return file
