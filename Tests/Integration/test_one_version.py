"""All calls of a request see one version of the app, those that code makes through handles too."""

import re
import subprocess
import threading

from mesh import BINARIES, Load

PROGRAM = str(BINARIES / "graph-fixture")


def write_version(file, number):
    """The app with models that add `number` and ten times that."""
    subprocess.run([PROGRAM, "build", "-o", file], check=True, capture_output=True)
    text = file.read_text()
    text, changed = re.subn(r"\badd: (10?)\b(?!0)", lambda add: f"add: {int(add[1]) * number}", text)
    assert changed >= 2
    file.write_text(text)


def seen_across_an_update(mesh, text):
    """What pairs of numbers the requests of a steady load got, while version 2 takes over from 1."""
    from graphs.v1 import graphs_pb2, graphs_pb2_grpc

    file = mesh.folder / "app.yaml"
    write_version(file, 1)
    mesh.up(file)
    pairs, lock = [], threading.Lock()
    with mesh.channel() as channel:
        front = graphs_pb2_grpc.FrontStub(channel)

        def ask():
            answer = front.Relayed(graphs_pb2.Item(text=text), timeout=30)
            with lock:
                pairs.append(tuple(one.number for one in answer.answers))

        with Load(ask, threads=8) as load:
            write_version(file, 2)
            mesh.cli("deploy", file)
            load.steady(50)
        assert load.failures == []
    return set(pairs)


def test_a_request_that_an_update_overtakes_stays_with_its_version(mesh):
    assert seen_across_an_update(mesh, "slowly") == {(1, 10), (2, 20)}


def test_without_the_mark_of_its_version_it_would_see_both(mesh):
    """Tasks that are detached from their handler know nothing of the request."""
    seen = seen_across_an_update(mesh, "slowly, apart")
    assert {(1, 10), (2, 20)} < seen, "the control arm mixes no versions, so the test proves nothing"
