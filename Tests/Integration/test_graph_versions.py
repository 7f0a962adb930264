"""All legs of a request see one version of the app, however often a new one is deployed meanwhile."""

import collections
import itertools
import time

import pytest

import work_app
from mesh import Load, wait_until
from proofs import sized
from work_app import DO, call

ONE, TWO = "work.v1.Work/Other", "work.v1.Work/Third"
UPDATES = sized(20, 5)
REQUESTS = sized(20_000, 2000)
# Each leg takes a while, so that requests are in the middle of their legs at every update.
GRAPH = {"sequence": [
    call("a"), {"ensemble": [call("b"), call("c")], "combine": "merge"}, call("a"), call("b")]}
LEGS = 6  # `a` before the ensemble is in both answers that it merges


def app(mesh, version):
    deployments = [
        work_app.deployment(name, version=version, delay_s=0.002, options={"num_replicas": 1})
        for name in ("a", "b", "c")]
    return work_app.write(mesh, deployments, {DO: GRAPH, ONE: call("a"), TWO: call("b")})


@pytest.mark.timeout(600)
def test_no_request_sees_two_versions(stubs):
    from work.v1 import work_pb2

    seen = {"pinned": collections.Counter(), "apart": collections.Counter()}
    with work_app.folder_of_mesh(stubs) as mesh:
        mesh.up(app(mesh, "0"))
        for name in ("a", "b", "c"):
            mesh.wait_running(name, 1)
        with mesh.channel() as channel:
            ask = {path: channel.unary_unary(
                f"/{path}", work_pb2.Item.SerializeToString, work_pb2.Item.FromString)
                for path in (DO, ONE, TWO)}

            def pinned():
                answer = ask[DO](work_pb2.Item(), timeout=20)
                assert len(answer.versions) == LEGS
                seen["pinned"][frozenset(answer.versions)] += 1

            def apart():
                """The control: the same by a client, which nobody pins."""
                versions = [*ask[ONE](work_pb2.Item(), timeout=20).versions,
                            *ask[TWO](work_pb2.Item(), timeout=20).versions]
                seen["apart"][frozenset(versions)] += 1

            with Load(pinned, threads=6, pause=0) as load, Load(apart, threads=6, pause=0) as control:
                began = time.monotonic()
                for number in itertools.count(1):
                    mesh.cli("deploy", app(mesh, str(number)))
                    wait_until(lambda: seen["pinned"][frozenset([str(number)])] > 20, 60,
                               f"version {number} answers")
                    if number >= UPDATES and load.ok >= REQUESTS:
                        break
                    assert time.monotonic() - began < 500
    mixed = {name: sum(n for versions, n in counts.items() if len(versions) > 1)
             for name, counts in seen.items()}
    print(f"\n{load.ok} requests over {number} updates: {mixed['pinned']} mixed; of {control.ok} pairs by "
          f"the client {mixed['apart']}")
    assert not load.failures and not control.failures
    assert {"0", str(number)} <= set().union(*seen["pinned"]), "it ran from the first to the last"
    assert mixed["pinned"] == 0
    assert mixed["apart"] > 0, "the test would not see it either"
