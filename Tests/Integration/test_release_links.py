"""A version runs the release that a link led to when it was deployed, until the next deploy."""

import json
import os
import signal
import sys

import pytest
from mesh import HERE, wait_until
from probe_calls import ended, stub


def release(mesh, number):
    """A folder with everything that one release is."""
    folder = mesh.folder / "releases" / str(number)
    folder.mkdir(parents=True)
    (folder / "server.py").write_text(
        f"import sys\nsys.path.insert(0, {str(HERE)!r})\nimport probe_server\n"
        f"probe_server.configuration = lambda: {{'version': 'release {number}'}}\n"
        "probe_server.main()\n")
    (folder / "probe.proto").write_text((HERE / "protos/probe/v1/probe.proto").read_text())
    (folder / "app.yaml").write_text(app("probe.proto", "server.py"))
    return folder


def app(proto, program, python=sys.executable, words=(), **keys):
    return json.dumps({
        "name": "probe-app", "protos": [proto],
        "deployments": [{
            "name": "probe", "command": [python, program, *words], "services": ["probe.v1.Probe"],
            "num_replicas": 1, "max_ongoing_requests": 32, "resources": {"cpus": 0.1}, **keys}],
        "routes": [{"service": "probe.v1.Probe", "deployment": "probe"}]})


def turn(mesh, number):
    link = mesh.folder / "next"
    link.symlink_to(f"releases/{number}")
    link.rename(mesh.folder / "current")


def versions(mesh, calls=40):
    with mesh.channel() as channel:
        return {ended(stub(mesh, channel))[1].version for _ in range(calls)}


def follow(mesh, file):
    """Turns the link under a mesh that was brought up with `file`."""
    mesh.up(file)
    assert versions(mesh) == {"release 7"}
    turn(mesh, 8)
    mesh.cli("scale", "probe=3")
    mesh.wait_running("probe", 3)
    assert versions(mesh) == {"release 7"}, "replicas that were added"
    os.kill(mesh.process("controller"), signal.SIGKILL)
    wait_until(lambda: mesh.status().routers, 20, "the controller is back")
    for replica in mesh.replicas("probe"):
        os.kill(replica.pid, signal.SIGKILL)
    mesh.wait_running("probe", 3)
    assert versions(mesh) == {"release 7"}, "replicas that were started anew"
    mesh.cli("deploy", file)
    assert versions(mesh) == {"release 8"}
    mesh.cli("rollback", "probe-app")
    assert versions(mesh) == {"release 7"}


def test_an_app_file_behind_a_link(mesh):
    release(mesh, 7), release(mesh, 8)
    turn(mesh, 7)
    follow(mesh, "current/app.yaml")


def test_a_program_behind_a_link(mesh):
    release(mesh, 7), release(mesh, 8)
    turn(mesh, 7)
    file = mesh.folder / "app.yaml"
    file.write_text(app("current/probe.proto", "current/server.py"))
    follow(mesh, file)


READER = f"""
import json, os, sys
sys.path.insert(0, {str(HERE)!r})
import probe_server
def named():
    for word in sys.argv[1:]:
        yield word.split("=", 1)[-1]
    if "MODEL" in os.environ:
        yield os.environ["MODEL"].split(":")[-1]
    config = json.load(open(os.environ["MARTLET_CONFIG"]))
    for model in config.get("models", []):
        yield model["path"]
texts = [open(path).read() for path in named()]
assert len(texts) == 1, texts
probe_server.configuration = lambda: {{"version": texts[0]}}
probe_server.main()
"""


@pytest.mark.parametrize("way", ["env", "env list", "user_config", "word", "relative"])
def test_a_model_behind_a_link(mesh, way):
    release(mesh, 7), release(mesh, 8)
    for number in (7, 8):
        (mesh.folder / f"releases/{number}/model.txt").write_text(f"release {number}")
    (mesh.folder / "reader.py").write_text(READER)
    turn(mesh, 7)
    model = "current/model.txt" if way == "relative" else f"{mesh.folder}/current/model.txt"
    keys = {
        "env": {"env": {"MODEL": model}},
        "env list": {"env": {"MODEL": f"/nothing:{model}"}},
        "user_config": {"user_config": {"models": [{"path": model}]}},
        "word": {"words": [f"--model={model}"]},
        "relative": {"user_config": {"models": [{"path": model}]}},
    }[way]
    file = mesh.folder / "app.yaml"
    file.write_text(app("releases/7/probe.proto", "reader.py", **keys))
    follow(mesh, file)
    if way != "word":
        assert "LinksResolved" in mesh.cli("events").stdout
