"""What the command line says of mistakes, and with which exit status."""

import json
import re
import subprocess
import time

import grpc
import pytest

from mesh import BINARIES, MARTLET, children_of_run, probe_app, wait_until


def martlet(*arguments, **options):
    return subprocess.run(
        [MARTLET, *map(str, arguments)], capture_output=True, text=True, timeout=30, **options)


# -- The command line itself: 64, and no mesh is looked for.


@pytest.mark.parametrize("command", [
    ("call", "p.S/M"), ("health", "127.0.0.1:1"), ("down",)], ids=lambda words: words[0])
@pytest.mark.parametrize("seconds", ["inf", "1e300", "nan", "0", "-1", "2592001", "soon"])
def test_times_are_seconds_above_zero(command, seconds):
    done = martlet(*command, f"--timeout={seconds}")
    assert done.returncode == 64, done.stderr
    assert "expected seconds above 0, up to 2592000" in done.stderr


@pytest.mark.parametrize("option", [
    "--cpus=0", "--cpus=nan", "--cpus=inf", "--cpus=1e30", "--cpus=-1", "--gpus=999999999",
    "--gpus=-1"])
@pytest.mark.parametrize("program", ["martlet up --detach", "martlet controller", "echo-app run"])
def test_a_capacity_that_cannot_be_is_told_at_once(program, option, tmp_path):
    name, *words = program.split()
    done = subprocess.run(
        [BINARIES / name, *words, option, "--run-dir", tmp_path / "r"], capture_output=True,
        text=True, timeout=30)
    assert done.returncode == 64, done.stderr
    assert f"{option[:6]} takes a" in done.stderr
    assert not children_of_run(tmp_path / "r")


@pytest.mark.parametrize("arguments, message", [
    (("events", "-n", "0"), "--limit takes 1 to 1000"),
    (("events", "-n", "1001"), "--limit takes 1 to 1000"),
    (("call", "p.S/M", "-m", "x-bin=?"), "--metadata x-bin takes base64 such as AQI=, not ?"),
    (("call", "p.S/M", "-m", "x"), "--metadata takes NAME=VALUE, not x"),
])
def test_options_say_what_they_take(arguments, message):
    done = martlet(*arguments)
    assert done.returncode == 64 and message in done.stderr, done.stderr


# -- Files: 78, and the place.


def test_files_are_told_with_the_place(tmp_path):
    def said(content, protos=None):
        file = tmp_path / "app.yaml"
        file.write_bytes(content)
        if protos is not None:
            (tmp_path / "types.binpb").write_bytes(protos)
        done = martlet("validate", file)
        assert done.returncode == (78 if done.stderr else 0)
        return done.stderr.replace(str(tmp_path), "F").rstrip("\n")

    app = b"name: a\nprotos: %s\ndeployments: [{name: b, command: [x]}]\n"
    assert said(b"\xef\xbb\xbfname: a\ndeployments: [{name: b, command: [x]}]\n") == ""
    assert said(b"name: a\n# \xc3\xa9 \xff\n") == "F/app.yaml:2:5: not UTF-8 text"
    assert said(app % b"/etc") == (
        "F/app.yaml:2:9: protos[0]: cannot read /etc: Is a directory")
    assert said(app % b"types.binpb", b"").startswith(
        "F/app.yaml:2:9: protos[0]: the descriptor set F/types.binpb is empty; protoc")
    assert said(b"name: a\x00\n") == "F/app.yaml:1:8: not YAML: the control character U+0000"


def test_what_the_controller_finds_is_told_with_the_file_s_name(mesh):
    good = probe_app(mesh.folder)
    mesh.up(good)
    folder = mesh.folder / "v"
    folder.mkdir()
    bad = probe_app(folder, command=["no-such-program"])
    done = mesh.cli("deploy", "v/app.yaml", check=False)
    assert done.returncode == 78
    assert re.match(
        r"v/app.yaml:\d+:\d+: deployments\[0\].command: no program \"no-such-program\"", done.stderr)
    mesh.cli("down")
    detached = mesh.cli("up", bad, "--detach", "--listen", "127.0.0.1:0", check=False)
    assert detached.returncode == 78 and detached.stderr.startswith(f"{bad}:")
    # What `up` started has ended with it.
    assert mesh.cli("status", check=False).returncode == 69
    stays = mesh.cli("up", bad, "--listen", "127.0.0.1:0", check=False)
    assert stays.returncode == 78 and stays.stderr.startswith(f"{bad}:"), stays.stderr


def test_a_key_of_nested_aliases_does_not_stop_the_controller(mesh):
    from martlet.control.v1 import control_pb2

    mesh.up(probe_app(mesh.folder))
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    for level in range(1, 9):
        lines.append(f"a{level}: &a{level} [{', '.join([f'*a{level - 1}'] * 10)}]")
    text = "\n".join([*lines, "? *a8", ": 1", ""])
    stub, channel = mesh.control()
    with channel, pytest.raises(grpc.RpcError) as caught:
        stub.Deploy(control_pb2.DeployRequest(app_file=text, directory="/tmp"), timeout=10)
    assert caught.value.code() == grpc.StatusCode.INVALID_ARGUMENT
    assert "10:3: a key cannot be an alias" in caught.value.details()


# -- A mesh that cannot be, or not yet.


@pytest.mark.parametrize("words", [["up", "--detach"], ["up"]], ids=" ".join)
def test_a_controller_that_cannot_start_ends_the_mesh(mesh, words):
    mesh.run_dir.mkdir(mode=0o700)
    (mesh.run_dir / "state.sqlite").write_bytes(b"this is no database" * 1000)
    began = time.monotonic()
    done = mesh.cli(
        *words, probe_app(mesh.folder), "--listen", "127.0.0.1:0", check=False, timeout=40)
    assert done.returncode == 78, done.stderr
    assert "state.sqlite is damaged" in done.stderr and "move it away" in done.stderr
    # Nobody waits for a controller that will not be there.
    assert time.monotonic() - began < 20
    wait_until(lambda: not children_of_run(mesh.run_dir), 10, "the mesh is gone")


def test_an_app_that_waits_for_resources_says_that_it_does_not_serve(mesh):
    file = probe_app(mesh.folder, resources={"gpus": 1})
    done = mesh.up(file, "--gpus", "0", check=False)
    assert done.returncode == 1
    assert "probe-app v1 waits for resources; it does not serve yet: probe#" in done.stderr
    assert "PENDING: needs" in done.stderr
    with mesh.channel() as channel, pytest.raises(grpc.RpcError) as caught:
        channel.unary_unary("/probe.v1.Probe/Echo")(b"", timeout=10)
    # A client that tries again finds the app once it serves.
    assert caught.value.code() == grpc.StatusCode.UNAVAILABLE
    assert "no app serves here yet; see martlet status" in caught.value.details()


# -- Calls and logs.


def test_requests_and_metadata_from_files_and_options(mesh):
    mesh.up(probe_app(mesh.folder))
    request = mesh.folder / "request.json"
    request.write_bytes(b'\xef\xbb\xbf{"text": "gr\xc3\xbc\xc3\x9fe"}')
    answer = json.loads(mesh.cli(
        "call", "probe.v1.Probe/Echo", f"@{request}", "-m", "x-bin=AAH/", "-m", "x=a=b").stdout)
    assert answer["text"] == "grüße"
    assert (answer["metadata"]["x-bin"], answer["metadata"]["x"]) == ("0001ff", "a=b")
    request.write_bytes(b'{"text":\n "\xff"}')
    bad = mesh.cli("call", "probe.v1.Probe/Echo", f"@{request}", check=False)
    assert (bad.returncode, bad.stderr) == (64, f"{request}:2:3: not UTF-8 text\n")
    types = mesh.cli("call", "probe.v1.Probe/Echo", "{}", "--proto", "/etc/passwd", check=False)
    assert types.returncode == 78
    assert types.stderr.startswith("martlet: /etc/passwd: not a descriptor set")


def test_logs_of_a_replica_that_never_was(mesh):
    mesh.up(probe_app(mesh.folder))
    done = mesh.cli("logs", "probe#99", check=False)
    assert done.returncode == 1
    assert re.search(r"no replica probe#99; replicas: probe#\d+$", done.stderr.strip())


def test_a_build_into_no_folder_says_so():
    done = subprocess.run(
        [BINARIES / "echo-app", "build", "-o", "/nowhere/app.yaml"], capture_output=True, text=True,
        timeout=30)
    assert done.returncode == 1
    assert done.stderr == "error: cannot write /nowhere/echo.binpb: there is no folder /nowhere\n"
