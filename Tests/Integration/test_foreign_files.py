"""Files of others, as they are kept: what Python's YAML reads, editions of protobuf, several objects."""

import json
import subprocess
import sys

import pytest
import yaml
from grpc_tools import protoc

from mesh import BINARIES, HERE, MARTLET


def martlet(*arguments, cwd):
    return subprocess.run(
        [MARTLET, *map(str, arguments)], capture_output=True, text=True, cwd=cwd, timeout=60)


def ray(tmp_path, config, *arguments):
    """Converts a Ray config with one deployment whose `user_config` has these lines."""
    text = "applications:\n- name: app\n  deployments:\n  - name: d\n    user_config:\n"
    file = tmp_path / "ray.yaml"
    file.write_text(text + "".join(f"      {line}\n" for line in config))
    out = tmp_path / "app.yaml"
    done = martlet(
        "convert", file, "-o", out, "--command", "x", "--method", "p.v1.P/Do", *arguments,
        cwd=tmp_path)
    return done, out


def scalars():
    """Texts of which YAML 1.1 may think what it likes."""
    words = ["yes", "No", "ON", "off", "y", "n", "true", "TRUE", "tRue", "null", "Null", "~", "nil",
             "18446744073709551615"]
    signs = ["", "-", "+"]
    numbers = [
        "0", "7", "017", "08", "0o17", "0x1F", "0xfg", "0b101", "0b12", "1_000", "1__0", "0_7",
        "00", "1:30", "1:60", "01:30", "1:30:59", "190:20:30", ":30", "12:5", "1e5",
        "1e-5", "1E5", "1.5", "1.", ".5", "._5", "1.5e5", "1.5e+5", "1.5E-5", "1.e+3", "1_0.5_0",
        "1:30.5", "1:30.", "20:30.15", "1:60.5", "0.1e+1", "1.5e+", "1..5", "0x", "0b", "1_",
        "9007199254740993", "9007199254740993.0", "-9223372036854775808",
        "0.30000000000000004", "123456789.123456789", "1,000", "1 000",
    ]
    dates = ["2026-11-3", "20261130", "12:30:45 today", "1-1-1"]
    return words + [s + n for s in signs for n in numbers] + dates


def test_scalars_are_those_of_python(tmp_path):
    texts = [text for text in scalars() if not text.startswith(":")]
    lines = [f"k{number}: {text}" for number, text in enumerate(texts)]
    expected = yaml.safe_load("\n".join(lines))
    done, out = ray(tmp_path, lines)
    assert done.returncode == 0, done.stderr
    checked = {}
    for line in out.read_text().splitlines():
        key, _, value = line.strip().partition(": ")
        if key in expected:
            try:
                checked[key] = json.loads(value)
            except ValueError:
                checked[key] = value
    for number, text in enumerate(texts):
        key = f"k{number}"
        found, wanted = checked.get(key, "missing"), expected[key]
        assert (type(found), found) == (type(wanted), wanted), (text, found, wanted)


def test_what_python_reads_and_json_cannot_say_is_refused_alone(tmp_path):
    lines = [
        "a: 123456789012345678901234", "b: .inf", "c: 2026-11-30", "d: .nan", "e: 0x1FFFFFFFFFFFFFFFFF",
        "kept: 1", "list: [1, .inf]", "deep: {x: .inf, y: 2}"]
    done, out = ray(tmp_path, lines)
    assert done.returncode == 1 and not out.exists()
    done, out = ray(tmp_path, lines, "--partial")
    assert done.returncode == 0, done.stderr
    found = [line for line in done.stderr.splitlines() if "user_config" in line]
    assert len(found) == 7, done.stderr
    text = out.read_text()
    config = text[text.index("\n    user_config:"):].split("routes:")[0]
    # YAML 1.1 might take a bare y for a truth value, so the key is quoted.
    assert yaml.safe_load(config) == {"user_config": {"deep": {"y": 2}, "kept": 1}}


def test_merges_are_those_of_python(tmp_path):
    lines = [
        "base: &base {threshold: 0.5, batch: 8}", "more: &more {batch: 9, depth: {a: 1}}",
        "one: {<<: *base, batch: 16}", "two: {batch: 1, <<: [*more, *base]}",
        "three: {<<: [*base, *more], extra: {<<: *more}}", 'four: {"<<": 1}']
    done, out = ray(tmp_path, lines)
    assert done.returncode == 0, done.stderr
    found = yaml.safe_load(out.read_text())["deployments"][0]["user_config"]
    expected = yaml.safe_load("\n".join(lines))
    # Of a list the first mapping counts (yaml.org/type/merge.html). Which one does for PyYAML 6.0.4 depends
    # on the identity of the keys' strings.
    expected["two"] = {"batch": 1, "depth": {"a": 1}, "threshold": 0.5}
    expected["three"] = {
        "threshold": 0.5, "batch": 8, "depth": {"a": 1}, "extra": {"batch": 9, "depth": {"a": 1}}}
    assert found == expected


SEVERAL = """\
apiVersion: serving.kserve.io/v1beta1
kind: InferenceService
metadata: {name: first-model}
spec: {predictor: {model: {modelFormat: {name: sklearn}}}}
---
apiVersion: serving.kserve.io/v1alpha1
kind: InferenceGraph
metadata:
  name: chained
  namespace: team
  labels: {a: b}
  finalizers: [x/y]
  annotations: {kubectl.kubernetes.io/last-applied-configuration: "{}"}
spec:
  nodes:
    root: {routerType: Sequence, steps: [{serviceName: first-model}, {serviceName: first-model, data: $response}]}
---
"""


def test_services_beside_a_graph_are_listed_and_no_loss(tmp_path):
    file = tmp_path / "all.yaml"
    file.write_text(SEVERAL)
    done = martlet("convert", file, "-o", "app.yaml", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    lines = done.stderr.splitlines()
    assert lines[0].startswith(f"{file}:1:1: left out: InferenceService of serving.kserve.io/v1beta1")
    assert lines[1].startswith(f"{file}:10:14: metadata.namespace: ")
    assert not any(word in done.stderr for word in ("labels", "finalizers", "annotations"))
    text = (tmp_path / "app.yaml").read_text()
    assert "name: chained" in text and text.count("call: first-model") == 2
    # Several graphs need a folder.
    file.write_text(SEVERAL + SEVERAL.split("---\n")[1].replace("chained", "other"))
    assert martlet("convert", file, cwd=tmp_path).returncode == 64
    assert martlet("convert", file, "-o", "apps", cwd=tmp_path).returncode == 0
    assert sorted(path.name for path in (tmp_path / "apps").iterdir()) == [
        "chained.yaml", "other.yaml"]


EDITION = """\
edition = "{edition}";
package e.v1;
option features.enum_type = CLOSED;
service S {{ rpc Do(M) returns (M); rpc Look(M) returns (M); }}
enum Kind {{ KIND_NONE = 0; KIND_ONE = 1; }}
message M {{
  string text = 1 [features.field_presence = IMPLICIT];
  int32 number = 2;
  Kind kind = 3;
  repeated int32 list = 4 [features.repeated_field_encoding = EXPANDED];
  M inner = 5 [features.message_encoding = DELIMITED];
  map<string, M> all = 6;
}}
"""
APP = """\
name: editions
protos: e.binpb
launcher: external
deployments: [{{name: d, services: [e.v1.S]}}]
routes:
- method: e.v1.S/Do
  graph:
    sequence:
    - {{map: {{text: {source}, number: number, kind: kind, all: all}}, as: e.v1.M}}
    - {{call: d, method: e.v1.S/Do}}
"""


@pytest.mark.parametrize("edition", ["2023", "2024"])
def test_editions_are_read(tmp_path, edition):
    (tmp_path / "e.proto").write_text(EDITION.format(edition=edition))
    arguments = [f"-I{tmp_path}", f"--descriptor_set_out={tmp_path}/e.binpb", "e.proto"]
    assert protoc.main(["protoc", "--include_imports", *arguments]) == 0
    app = tmp_path / "app.yaml"
    app.write_text(APP.format(source="text"))
    done = martlet("validate", app, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    app.write_text(APP.format(source="inner.text"))
    done = martlet("validate", app, cwd=tmp_path)
    assert done.returncode == 78
    assert "e.v1.M.inner is encoded as a group" in done.stderr
    # Swift code is generated of them, too.
    plugin = f"--plugin=protoc-gen-martlet={BINARIES}/protoc-gen-martlet"
    assert protoc.main(
        ["protoc", plugin, f"-I{tmp_path}", f"--martlet_out={tmp_path}", "e.proto"]) == 0
    assert "E_V1_S" in (tmp_path / "e.martlet.swift").read_text()


OIP = "inference.GRPCInferenceService/ModelInfer"
MODELS = """\
name: two-models
protos: oip.binpb
deployments:
- {{name: a, command: [{python}, {server}, a], services: [inference.GRPCInferenceService],
   env: {{SEEN: "<${{MODEL_HOME}}|${{NOT_SET_ANYWHERE}}|$${{MODEL_HOME}}|$MODEL_HOME>"}}}}
- {{name: b, command: [{python}, {server}, b], services: [inference.GRPCInferenceService]}}
routes:
- method: inference.GRPCInferenceService/ModelInfer
  graph:
    sequence:
    - {{call: a, method: inference.GRPCInferenceService/ModelInfer}}
    - {{map: {{model_name: {{value: b}}, id: id, inputs: {source}, raw_input_contents: raw_output_contents}},
       as: inference.ModelInferRequest}}
    - {{call: b, method: inference.GRPCInferenceService/ModelInfer}}
"""


@pytest.fixture
def models(mesh):
    """A mesh with the descriptor set of the Open Inference Protocol in its folder."""
    assert protoc.main([
        "protoc", f"-I{HERE}/protos", f"--descriptor_set_out={mesh.folder}/oip.binpb",
        "--include_imports", "inference/v2/open_inference.proto"]) == 0
    return mesh


def infer(mesh):
    """Asks the two models in a row for twice the double."""
    from inference.v2 import open_inference_pb2, open_inference_pb2_grpc

    request = open_inference_pb2.ModelInferRequest(
        model_name="a", id="7", raw_input_contents=[b"raw"])
    request.outputs.add(name="x")
    tensor = request.inputs.add(name="x", datatype="FP32", shape=[1, 2])
    tensor.parameters["n"].int64_param = 9007199254740993
    tensor.contents.fp32_contents.extend([1, 2.5])
    with mesh.channel() as channel:
        answer = open_inference_pb2_grpc.GRPCInferenceServiceStub(channel).ModelInfer(
            request, timeout=30)
    assert (answer.model_name, answer.id, list(answer.raw_output_contents)) == ("b", "7", [b"raw"])
    output = answer.outputs[0]
    assert (output.name, list(output.shape)) == ("x", [1, 2])
    assert list(output.contents.fp32_contents) == [4, 10]
    assert output.parameters["n"].int64_param == 9007199254740993
    return output


def test_the_tensors_of_one_model_are_those_of_the_next(models, monkeypatch):
    monkeypatch.setenv("MODEL_HOME", "/models")
    file = models.folder / "app.yaml"
    names = {"python": sys.executable, "server": HERE / "tensor_server.py"}
    file.write_text(MODELS.format(source="model_name", **names))
    wrong = models.cli("validate", file, check=False)
    assert wrong.returncode == 78 and "map.inputs: inference.ModelInferRequest.inputs" in wrong.stderr
    file.write_text(MODELS.format(source="outputs", **names))
    models.up(file, "--cpus", "4")
    # What env refers to is looked up where the replica starts.
    assert infer(models).parameters["a"].string_param == (
        "</models|${NOT_SET_ANYWHERE}|${MODEL_HOME}|$MODEL_HOME>")


def test_a_converted_graph_of_open_inference_models_serves(models):
    """By KServe's defaults alone: no method is named, and the answer of one model is the request of the next."""
    file = models.folder / "graph.yaml"
    file.write_text("""\
apiVersion: serving.kserve.io/v1alpha1
kind: InferenceGraph
metadata: {name: two-models}
spec:
  nodes:
    root: {routerType: Sequence, steps: [{serviceName: a, name: first}, {nodeName: then, data: $response}]}
    then: {routerType: Splitter, steps: [{serviceUrl: "http://b.models.svc/v2/models/b/infer", weight: 100}]}
""")
    done = martlet(
        "convert", file, "-o", "app.yaml", "--protos", "oip.binpb", "--command",
        f"{sys.executable} {HERE / 'tensor_server.py'} {{deployment}}", cwd=models.folder)
    assert (done.returncode, done.stderr) == (0, "wrote app.yaml\n"), done.stderr
    models.up(models.folder / "app.yaml", "--cpus", "2")
    infer(models)
