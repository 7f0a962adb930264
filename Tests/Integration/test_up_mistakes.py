"""`up` with a mistake starts nothing, and touches nothing that runs."""

import os
import re

import pytest

from mesh import children_of_run, probe_app


def mistakes(folder):
    folder.mkdir()
    return {
        "program": probe_app(folder, command=["no-such-program"]).read_text().replace(
            "probe-app", "other-app"),
        "syntax": "name: [",
        "key": '{"name": "a", "deploymentz": []}',
        "proto": probe_app(folder).read_text().replace("probe.proto", "none.proto"),
        "route": probe_app(folder, routes=[{"service": "probe.v1.Probe", "deployment": "x"}]).read_text(),
    }


@pytest.mark.parametrize("words", [[], ["--detach"]], ids=["stays", "detached"])
@pytest.mark.parametrize("mistake", ["program", "syntax", "key", "proto", "route"])
def test_a_mistake_starts_nothing(mesh, mistake, words):
    bad = mesh.folder / "bad.yaml"
    bad.write_text(mistakes(mesh.folder / "v")[mistake])
    good = probe_app(mesh.folder)
    for files in ([bad], [good, bad]):
        done = mesh.cli("up", *files, *words, "--listen", "127.0.0.1:0", check=False, timeout=30)
        assert done.returncode == 78, done.stderr
        assert re.match(rf"{bad}:\d+:\d+: ", done.stderr), done.stderr
        assert children_of_run(mesh.run_dir) == []
        assert not (mesh.run_dir / "controller.sock").exists()


def test_one_app_in_two_files_is_refused(mesh):
    first = probe_app(mesh.folder)
    other = mesh.folder / "other.yaml"
    other.write_text(first.read_text())
    done = mesh.cli("up", first, other, "--detach", "--listen", "127.0.0.1:0", check=False)
    assert done.returncode == 78 and "probe-app" in done.stderr
    assert children_of_run(mesh.run_dir) == []


def test_what_ran_before_is_not_touched(mesh):
    mesh.up(probe_app(mesh.folder))
    before = [replica.pid for replica in mesh.wait_running("probe", 1)]
    bad = mesh.folder / "bad.yaml"
    bad.write_text(mistakes(mesh.folder / "v")["program"])
    for words in ([], ["--detach"]):
        assert mesh.cli("up", bad, *words, "--listen", "127.0.0.1:0", check=False).returncode != 0
    assert [replica.pid for replica in mesh.wait_running("probe", 1)] == before
    assert os.path.exists(mesh.run_dir / "controller.sock")
