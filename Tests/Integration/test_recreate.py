"""`update: recreate`: programs that must not run twice are updated, one after the other."""

import os
import pathlib
import sys
import threading
import time

from mesh import HERE, probe_app, wait_until
from probe_calls import deploy, ended, rewrite, stub
from work_app import DO, call, deployment, folder_of_mesh, up, write

# Holds an exclusive lock for as long as it lives, and notes when it could not get it.
EXCLUSIVE = """
import fcntl, sys
lock = open({lock!r}, "a")
try:
    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
except BlockingIOError:
    open({twice!r}, "a").write("x")
    sys.exit("it runs already")
sys.path.insert(0, {here!r})
import probe_server
probe_server.main()
"""


def exclusive_app(mesh, **options):
    folder = pathlib.Path(mesh.folder)
    server = folder / "server.py"
    server.write_text(EXCLUSIVE.format(
        lock=str(folder / "lock"), twice=str(folder / "twice"), here=str(HERE)))
    file = probe_app(mesh.folder, update="recreate", **options)
    return rewrite(file, command=[sys.executable, str(server)])


def ran_twice(mesh):
    return (pathlib.Path(mesh.folder) / "twice").exists()


class Callers:
    """A few callers that call all the time and keep how each call ended."""

    def __init__(self, mesh, count=3):
        self.mesh, self.stop, self.results = mesh, threading.Event(), []
        self.threads = [threading.Thread(target=self.run) for _ in range(count)]

    def run(self):
        with self.mesh.channel() as channel:
            while not self.stop.is_set():
                self.results.append(ended(stub(self.mesh, channel), timeout=30, sleep_ms=50))

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        wait_until(lambda: len(self.results) > 3, 20, "calls are answered")
        return self

    def __exit__(self, *_):
        self.stop.set()
        for thread in self.threads:
            thread.join()


def test_the_old_one_ends_first_and_callers_wait(mesh):
    file = exclusive_app(mesh, user_config={"version": "1"})
    mesh.up(file, "--routers", "2")
    with Callers(mesh) as callers:
        said = deploy(mesh, rewrite(file, user_config={"version": "2", "startup_s": 1})).stdout
        assert "v2 is RUNNING" in said
    assert {code for code, *_ in callers.results} == {"OK"}
    assert {reply.version for _, reply, _ in callers.results} == {"1", "2"}
    assert not ran_twice(mesh)


def test_a_version_that_fails_gives_the_old_one_back(mesh):
    file = exclusive_app(mesh, user_config={"version": "1"})
    mesh.up(file)
    with Callers(mesh) as callers:
        failed = deploy(mesh, rewrite(file, user_config={"crash": True}), check=False)
        assert failed.returncode == 1 and "no such file weights.bin" in failed.stderr
        mesh.wait_running("probe", 1)
    assert {code for code, *_ in callers.results} == {"OK"}, callers.results
    with mesh.channel() as channel:
        assert ended(stub(mesh, channel))[1].version == "1"
    assert not ran_twice(mesh)


def test_a_deploy_over_such_an_update_and_a_restart_of_the_controller(mesh):
    import signal

    file = exclusive_app(mesh, user_config={"version": "1"})
    mesh.up(file)
    deploy(mesh, rewrite(file, user_config={"version": "2", "startup_s": 3}), "--no-wait")
    wait_until(lambda: any(e.reason == "Recreating" for e in mesh.events()), 10, "it has begun")
    os.kill(mesh.process("controller"), signal.SIGKILL)
    wait_until(lambda: mesh.status().routers, 20, "the controller is back")
    deploy(mesh, rewrite(file, user_config={"version": "3"}))
    with mesh.channel() as channel:
        assert ended(stub(mesh, channel))[1].version == "3"
    deploy(mesh, rewrite(file, user_config={"version": "4"}))
    with mesh.channel() as channel:
        assert ended(stub(mesh, channel))[1].version == "4"
    assert not ran_twice(mesh)


def test_graph_requests_keep_their_version_and_none_fails(stubs):
    import grpc
    from work.v1 import work_pb2, work_pb2_grpc

    def deployments(version):
        options = {"update": "recreate"}
        return [
            deployment("a", version=f"a{version}"),
            deployment("b", options=options, version=f"b{version}")]

    graph = {DO: {"sequence": [call("a"), call("b")]}}
    with folder_of_mesh(stubs) as mesh:
        up(mesh, deployments(1), graph)
        stop, seen, failures = threading.Event(), set(), []

        def caller():
            with mesh.channel() as channel:
                work = work_pb2_grpc.WorkStub(channel)
                item = work_pb2.Item()
                item.orders["a"].sleep_ms = 20
                item.orders["b"].sleep_ms = 20
                while not stop.is_set():
                    try:
                        seen.add(tuple(work.Do(item, timeout=30).versions))
                    except grpc.RpcError as error:
                        failures.append((error.code().name, error.details()))

        threads = [threading.Thread(target=caller) for _ in range(4)]
        for thread in threads:
            thread.start()
        wait_until(lambda: seen or failures, 20, "calls are answered")
        mesh.cli("deploy", write(mesh, deployments(2), graph))
        time.sleep(0.3)
        stop.set()
        for thread in threads:
            thread.join()
        assert not failures
        assert seen == {("a1", "b1"), ("a2", "b2")}
