"""Bad input of every kind gets a clear error, and the mesh serves on."""

import pathlib
import re
import subprocess
import textwrap

import pytest

from mesh import HERE, MARTLET, probe_app

GOOD = f"""\
name: checked
protos: [{HERE}/protos/probe/v1/probe.proto]
deployments:
  - name: probe
    command: [./probe]
    services: [probe.v1.Probe, probe.v1.Other]
    num_replicas: 1
routes:
  - service: probe.v1.Probe
    deployment: probe
  - method: probe.v1.Other/Double
    graph:
      switch:
        on: text
        cases:
          a: {{call: probe, method: probe.v1.Probe/Echo}}
        default: {{call: probe, method: probe.v1.Probe/Echo}}
"""

# what is changed -> line of the mistake, and words that the message must have
MISTAKES = [
    ("num_replicas: 1", "num_replica: 1", 7, ["num_replica", "num_replicas"]),
    ("num_replicas: 1", "num_replicas: many", 7, ["num_replicas", "auto"]),
    ("num_replicas: 1", "num_replicas: -1", 7, ["num_replicas"]),
    ("    num_replicas: 1", "    resources: {cpus: lots}", 7, ["cpus", "lots"]),
    ("    num_replicas: 1", "    resources: {memory: 512Xi}", 7, ["512Xi"]),
    ("    num_replicas: 1", "    autoscaling_config: {min_replica: 0}", 7, ["min_replica"]),
    ("deployment: probe", "deployment: prob", 10, ["prob", "probe"]),
    ("name: checked", "nam: checked", 1, ["nam", "name"]),
    ("  - service: probe.v1.Probe", "  - service: probe.v1.Prob", 9, ["probe.v1.Prob", "probe.v1.Probe"]),
    ("on: text", "on: txt", 14, ["txt", "text"]),
    ("          a: {call: probe,", "          a: {call: robe,", 16, ["robe", "probe"]),
    ("          a: {call: probe, method: probe.v1.Probe/Echo}",
     "          a: {call: probe, method: probe.v1.Probe/Eco}", 16, ["Eco", "Echo"]),
    ("        default: {call: probe, method: probe.v1.Probe/Echo}",
     "        default: {sequence: [{call: probe, method: probe.v1.Probe/Echo}, "
     "{call: probe, method: probe.v1.Probe/Echo}]}", 17,
     ["probe.v1.EchoRequest", "probe.v1.EchoReply"]),
]


def validate(folder, text):
    file = pathlib.Path(folder) / "martlet.yaml"
    file.write_text(text)
    return subprocess.run(
        [MARTLET, "validate", str(file)], capture_output=True, text=True, timeout=30), file


def test_a_good_file_is_valid(tmp_path):
    result, _ = validate(tmp_path, GOOD)
    assert result.returncode == 0, result.stderr


@pytest.mark.parametrize("before, after, line, words", MISTAKES, ids=[m[1].strip()[:40] for m in MISTAKES])
def test_validate_names_file_line_column_and_what_is_allowed(tmp_path, before, after, line, words):
    assert before in GOOD
    result, file = validate(tmp_path, GOOD.replace(before, after, 1))
    assert result.returncode == 78, result.stdout + result.stderr
    place = re.search(rf"{re.escape(str(file))}:(\d+):(\d+): ", result.stderr)
    assert place, result.stderr
    assert int(place.group(1)) == line, result.stderr
    for word in words:
        assert word in result.stderr


def test_yaml_that_does_not_parse(tmp_path):
    result, file = validate(tmp_path, "name: [unclosed\nroutes: x")
    assert result.returncode == 78
    assert f"{file}:" in result.stderr


def test_a_missing_file(tmp_path):
    result = subprocess.run([MARTLET, "validate", tmp_path / "none.yaml"], capture_output=True, text=True)
    assert result.returncode in (66, 78, 1)
    assert "none.yaml" in result.stderr and result.stderr.count("\n") == 1


def test_usage_errors_exit_64():
    for arguments in (["nonsense"], ["scale"], ["up", "--bogus"]):
        result = subprocess.run([MARTLET, *arguments], capture_output=True, text=True)
        assert result.returncode == 64, (arguments, result.stderr)
        assert result.stderr


def test_commands_without_a_mesh_say_how_to_start_one(mesh):
    for arguments in (["status"], ["ps"], ["scale", "a=1"], ["events"]):
        result = mesh.cli(*arguments, check=False)
        assert result.returncode == 69, (arguments, result.stderr)
        assert "martlet up" in result.stderr


def test_a_bad_deploy_is_refused_and_the_mesh_serves_on(mesh):
    from probe.v1 import probe_pb2, probe_pb2_grpc
    mesh.up(probe_app(mesh.folder))
    bad = pathlib.Path(mesh.folder) / "bad.yaml"
    bad.write_text(textwrap.dedent("""\
        name: probe-app
        deployments:
          - name: probe
            comand: [x]
        """))
    result = mesh.cli("deploy", bad, check=False)
    assert result.returncode == 78
    assert "comand" in result.stderr and "command" in result.stderr
    for arguments, word in ((["scale", "prob=2"], "probe"), (["call", "probe.v1.Probe/Eco", "{}"], "Echo"),
                            (["call", "probe.v1.Probe/Echo", '{"txt": "x"}'], "text"),
                            (["call", "probe.v1.Probe/Echo", "{"], "JSON"), (["logs", "prob"], "probe")):
        result = mesh.cli(*arguments, check=False)
        assert result.returncode in (1, 64), (arguments, result)
        assert word in result.stderr, (arguments, result.stderr)
    with mesh.channel() as channel:
        stub = probe_pb2_grpc.ProbeStub(channel)
        assert stub.Echo(probe_pb2.EchoRequest(text="on"), timeout=10).text == "on"


def test_a_replica_that_dies_at_start_shows_why(mesh):
    result = mesh.up(probe_app(mesh.folder, user_config={"crash": True}), check=False)
    assert result.returncode == 1
    status = mesh.cli("status").stdout
    assert "DEPLOY_FAILED" in status
    assert "no such file weights.bin" in status


def test_what_does_not_fit_is_pending_and_says_what_is_missing(mesh):
    mesh.up(probe_app(mesh.folder, num_replicas=3, resources={"cpus": 1}), "--cpus", "2", check=False)
    mesh.wait_running("probe", 2)
    pending = mesh.replicas("probe", "PENDING")
    assert len(pending) == 1 and "cpu" in pending[0].message.lower()
    assert "PENDING" in mesh.cli("status").stdout
