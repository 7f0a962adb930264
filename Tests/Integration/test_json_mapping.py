"""Proto3's JSON mapping beside Python's protobuf: each text through the router, there and back."""

import http.client
import json
import sys
import tempfile

import pytest
from google.protobuf import json_format

import json_cases
from conftest import check_gone
from mesh import HERE, Mesh

PATH = "/everything.v1.Mirror/Look"
OLDER = "/everything.v2.Mirror/Look"

REFUSED = {text for texts in json_cases.REFUSED.values() for text in texts}


@pytest.fixture(scope="module")
def look(stubs):
    with tempfile.TemporaryDirectory(prefix="m") as folder:
        mesh = Mesh(folder, stubs)
        app = {
            "name": "mirror", "max_message": "4Mi",
            "protos": [str(HERE / "protos/everything" / file)
                       for file in ("v1/everything.proto", "v2/older.proto")],
            "deployments": [{
                "name": "mirror", "command": [sys.executable, str(HERE / "mirror_server.py")],
                "services": ["everything.v1.Mirror", "everything.v2.Mirror"], "num_replicas": 1}],
            "routes": [{"service": f"everything.{version}.Mirror", "deployment": "mirror"}
                       for version in ("v1", "v2")]}
        file = mesh.folder / "app.yaml"
        file.write_text(json.dumps(app))
        try:
            mesh.up(file)
            mesh.wait_running("mirror", 1)
            connection = http.client.HTTPConnection(mesh.address, timeout=20)

            def look(text, path=PATH):
                connection.request(
                    "POST", path, text.encode("utf-8", "surrogatepass"),
                    {"content-type": "application/json"})
                answer = connection.getresponse()
                return answer.status, answer.read().decode()

            yield look
            connection.close()
        finally:
            check_gone(mesh)


def parsed(text, path=PATH):
    """What Python makes of a text: a message, or None."""
    from everything.v1 import everything_pb2
    from everything.v2 import older_pb2

    try:
        return json_format.Parse(
            text, older_pb2.Older() if path == OLDER else everything_pb2.Everything())
    except (json_format.ParseError, UnicodeError, OverflowError, RecursionError, TypeError, ValueError):
        return None


def plain(text):
    """JSON as values, in which nothing is but itself. Floats have many spellings: seven digits tell."""
    return json.dumps(
        json.loads(text, parse_float=lambda number: f"{float(number):.6g}"), sort_keys=True)


def complaint(text, status, body, path=PATH):
    """What is wrong with an answer; None when nothing is."""
    expected = None if text in REFUSED else parsed(json_cases.SAME.get(text, text), path)
    if expected is None:
        right = status == 400 and json.loads(body)["code"] == "invalid_argument"
        return None if right else f"{text[:100]} was taken: {status} {body[:100]}"
    if status != 200:
        return f"{text[:100]} was refused: {body}"
    written = json_format.MessageToJson(expected)
    back, whole = parsed(body, path), parsed(written, path)
    if back is None or back.SerializeToString(deterministic=True) != whole.SerializeToString(
            deterministic=True):
        return f"{text[:100]} came back as {body[:100]}"
    return None if plain(body) == plain(written) else f"{text[:100]}: {plain(body)}, not {plain(written)}"


@pytest.mark.parametrize("about", json_cases.ABOUT)
def test_as_pythons_protobuf(look, about):
    complaints = [complaint(text, *look(text)) for text in json_cases.ABOUT[about]()]
    assert not (wrong := [each for each in complaints if each]), "\n".join(wrong)


def test_proto2_as_pythons_protobuf(look):
    complaints = [complaint(text, *look(text, OLDER), OLDER) for text in json_cases.proto2()]
    assert not (wrong := [each for each in complaints if each]), "\n".join(wrong)


def test_json_that_is_shorter_than_its_message_is_bounded(look):
    status, body = look('{"valueList": [' + "0," * 1_000_000 + "0]}")
    assert (status, json.loads(body)) == (429, {
        "code": "resource_exhausted",
        "message": "the message has more than 4194304 bytes, the limit of a message "
                   "(max_message, --max-message)"})


def test_there_are_enough():
    assert sum(1 for cases in json_cases.ABOUT.values() for _ in cases()) >= 700
