"""`martlet convert` on files of KServe and Ray Serve, up to a mesh that runs one."""

import pathlib
import re
import shlex
import subprocess
import sys

import grpc
import pytest
from grpc_tools import protoc

from mesh import HERE, MARTLET

SAMPLES = HERE / "conversions"
RUN = "steps.v1.Step/Run"
SERVER = f"{shlex.quote(sys.executable)} {shlex.quote(str(HERE / 'steps_server.py'))} {{deployment}}"


def convert(*arguments, cwd=HERE):
    return subprocess.run(
        [MARTLET, "convert", *map(str, arguments)], capture_output=True, text=True, cwd=cwd,
        timeout=30)


@pytest.fixture
def types(tmp_path):
    """A folder with the descriptor set of the steps, `steps.binpb`."""
    assert protoc.main([
        "protoc", f"-I{HERE}/protos", f"--descriptor_set_out={tmp_path}/steps.binpb",
        "--include_imports", "steps/v1/steps.proto"]) == 0
    return tmp_path


@pytest.fixture
def ask(mesh, types):
    """Asks the converted graph: the text that comes back."""
    from steps.v1 import steps_pb2, steps_pb2_grpc

    done = convert(
        SAMPLES / "digits.kserve.yaml", "-o", types / "app.yaml", "--method", RUN, "--protos",
        "steps.binpb", "--command", SERVER)
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    mesh.cli("validate", types / "app.yaml")
    mesh.up(types / "app.yaml", "--cpus", "8")
    with mesh.channel() as channel:
        stub = steps_pb2_grpc.StepStub(channel)
        yield lambda text, **fields: stub.Run(
            steps_pb2.Text(text=text, **fields), timeout=20).text


def test_a_converted_graph_answers_as_kserve_would(ask):
    def failure(text, **fields):
        with pytest.raises(grpc.RpcError) as caught:
            ask(text, **fields)
        return caught.value.code()

    # `log` takes its own input twice; what `audit` says is lost, and so is its failure.
    assert ask("a", kind="looped", sure=True) == "a>prepare>plain>looped"
    assert ask("fail audit", kind="looped", sure=True) == "fail audit>prepare>plain>looped"
    # The last step runs where its condition holds, on the request; else the answer before it stands.
    assert ask("b", kind="looped") == "b>judge"
    # The first case that holds, a splitter, and != .
    assert ask("c", kind="looped", strokes=5, sure=True) == "c>prepare>plain>looped"
    assert ask("d", strokes=3, sure=True) == "d>prepare>plain>open"
    assert ask("e", strokes=1, sure=True) == "e>prepare>plain>plain"
    assert ask("f", strokes=-1, sure=True) == "f>prepare>plain>plain"
    # A Switch that matches nothing, a hard step and a step whose answer is needed fail the request.
    assert failure("g", sure=True) == grpc.StatusCode.FAILED_PRECONDITION
    assert failure("fail looped", kind="looped", sure=True) == grpc.StatusCode.DATA_LOSS
    assert failure("fail prepare", kind="looped", sure=True) == grpc.StatusCode.DATA_LOSS


def test_the_answers_of_a_converted_ensemble_are_fields(mesh, types):
    from steps.v1 import steps_pb2, steps_pb2_grpc

    done = convert(
        SAMPLES / "both.kserve.yaml", "-o", types / "app.yaml", "--method", RUN, "--route",
        "steps.v1.Pair/Ask", "--answer", "root=steps.v1.Both", "--protos", "steps.binpb",
        "--command", SERVER)
    assert done.returncode == 0, done.stderr
    mesh.up(types / "app.yaml", "--cpus", "8")
    with mesh.channel() as channel:
        stub = steps_pb2_grpc.PairStub(channel)

        def ask(text, **fields):
            return stub.Ask(steps_pb2.Text(text=text, **fields), timeout=20)

        answer = ask("a", note=steps_pb2.Note(by="me"))
        assert (answer.first.text, answer.second_one.text) == ("a>first", "a>noted")
        assert ask("b").second_one.text == "b>second"
        # A soft step is left out, a hard one is not.
        answer = ask("fail second")
        assert answer.first.text == "fail second>first" and not answer.HasField("second_one")
        with pytest.raises(grpc.RpcError) as caught:
            ask("fail first")
        assert caught.value.code() == grpc.StatusCode.DATA_LOSS


UNSAYABLE = [
    (6, "metadata.namespace"), (8, "spec.minReplicas"), (9, "spec.resources"),
    (17, "spec.nodes.root.steps[1].condition"),
    (20, "spec.nodes.root.steps[2].mapPredictionsToInstances")]


def places(text, file):
    found = re.findall(rf"^(?:#   )?{re.escape(str(file))}:(\d+):\d+: (\S+):", text, re.M)
    return [(int(line), path) for line, path in found]


def test_what_cannot_be_said_is_listed_and_nothing_is_written(tmp_path):
    file = SAMPLES / "unsayable.kserve.yaml"
    out = tmp_path / "app.yaml"
    done = convert(file, "-o", out)
    assert done.returncode == 1
    assert places(done.stderr, file) == UNSAYABLE
    assert "--partial" in done.stderr.splitlines()[-1]
    assert list(tmp_path.iterdir()) == []

    partial = convert(file, "-o", out, "--partial")
    assert partial.returncode == 0, partial.stderr
    assert places(partial.stderr, file) == UNSAYABLE
    assert places(out.read_text(), file) == UNSAYABLE
    assert list(tmp_path.iterdir()) == [out]


def test_types_that_do_not_fit_are_found_where_the_protos_are(types):
    file = SAMPLES / "digits.kserve.yaml"
    out = types / "app.yaml"
    named = convert(
        file, "-o", out, "--method", RUN, "--method", "prepare=steps.v1.Pair/Ask", "--protos",
        "steps.binpb")
    assert named.returncode == 1 and not out.exists()
    assert re.search(
        rf"^{file}: in the app digits: routes\[0\].graph.sequence\[1\].+steps.v1.Both", named.stderr, re.M)
    assert "needs its types" not in named.stderr
    # What is left is no app, so there is nothing to write.
    partial = convert(
        file, "-o", out, "--method", RUN, "--method", "prepare=steps.v1.Pair/Ask", "--protos",
        "steps.binpb", "--partial")
    assert partial.returncode == 1 and not out.exists()
    assert "so nothing is written" in partial.stderr.splitlines()[-1]
    # Without them nobody can tell yet.
    assert convert(file, "-o", out, "--method", RUN, "--protos", "gone.binpb").returncode == 0
    # A graph that names none is told of that.
    untyped = convert(file, "--method", RUN)
    assert untyped.returncode == 0
    assert untyped.stderr == "martlet: digits needs its types to serve; add protos to it\n"


def test_applications_of_ray_become_a_file_each(types):
    out = types / "apps"
    done = convert(
        SAMPLES / "shop.ray.yaml", "-o", out, "--partial", "--method", RUN, "--protos",
        "../steps.binpb", "--command", f"{sys.executable} {{deployment}}")
    assert done.returncode == 0, done.stderr
    assert [path.name for path in sorted(out.iterdir())] == ["pictures.yaml", "texts.yaml"]
    for file in out.iterdir():
        checked = subprocess.run(
            [MARTLET, "validate", str(file)], capture_output=True, text=True, timeout=30)
        assert checked.returncode == 0, checked.stderr
    assert "command: [" + sys.executable + ", Writer]" in (out / "texts.yaml").read_text()
    # A program was named, so import_path is no loss.
    listed = [path for _, path in places(done.stderr, SAMPLES / "shop.ray.yaml")]
    assert listed == [
        "proxy_location", "http_options.host", "http_options.port", "grpc_options.port",
        "applications[0].route_prefix"]


def test_the_file_itself_is_not_overwritten(tmp_path):
    file = tmp_path / "graph.yaml"
    text = (SAMPLES / "digits.kserve.yaml").read_text()
    file.write_text(text)
    done = convert(file, "-o", tmp_path / "." / "graph.yaml", "--method", RUN)
    assert done.returncode == 64 and "the file that is converted" in done.stderr
    assert file.read_text() == text


def test_other_files_are_told_apart(tmp_path):
    file = pathlib.Path(tmp_path, "x.yaml")
    file.write_text("name: an-app\ndeployments: []\n")
    done = convert(file)
    assert done.returncode == 78 and f"{file}:1:1:" in done.stderr
    file.write_text("a: 1\n---\nb: 2\n")
    done = convert(file)
    assert done.returncode == 78 and "several documents" in done.stderr
