"""Real clients that ask for HTTP/2 with `Upgrade: h2c`: the JDK's and curl, with bodies and answers of every length."""

import json
import pathlib
import subprocess
import tempfile
import urllib.parse

import pytest

import served_app
import told_app
from mesh import HERE
from told_app import ECHO, LOOK

LENGTHS = [0, 1000, 33_000, 40_000, 48_000, 56_000, 65_000, 66_000, 400_000]
UPGRADE = ["Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABkAAQAAP__"]


@pytest.fixture(scope="module")
def told(stubs):
    with served_app.running(stubs, told_app.app()) as mesh:
        yield mesh


@pytest.fixture(scope="module")
def java(tmp_path_factory):
    """Runs the JDK's client; the lines that it prints."""
    folder = tmp_path_factory.mktemp("java")
    subprocess.run(["javac", "-d", str(folder), str(HERE / "java/Calls.java")], check=True, timeout=120)

    def run(*words):
        done = subprocess.run(
            ["java", "-XX:TieredStopAtLevel=1", "-cp", str(folder), "Calls", *words],
            capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stderr[-2000:]
        return [line.split() for line in done.stdout.splitlines()]

    return run


def look(mesh, size):
    """A call by GET whose answer has about so many bytes."""
    text = told_app.text(told={"size": size * 3 // 4, "text": "x"})
    query = urllib.parse.urlencode({"encoding": "json", "message": json.dumps({"text": text})})
    return f"http://{mesh.address}{LOOK}?{query}"


def length(mesh, size):
    """That of the answer, by a client that asks for nothing."""
    done = subprocess.run(
        ["curl", "-sS", "--http1.1", look(mesh, size)], capture_output=True, check=True, timeout=30)
    return len(done.stdout)


def test_the_jdk_posts_bodies_of_every_length(told, java):
    sizes = [0, 10, 60_000, 70_000, 1_000_000, 3_000_000]
    url = f"http://{told.address}{ECHO}"
    for kind in ("fresh", "same"):
        words = [word for size in sizes for word in ("POST", url, str(size))]
        lines = java(kind, *words)
        # What is no JSON for the deployment is its failure, which is an answer as well.
        assert [line[0] for line in lines] == ["HTTP_1_1"] * len(sizes), lines
        assert all(line[1] in ("200", "500") for line in lines), lines


def test_the_jdk_gets_answers_of_every_length(told, java):
    lines = java("fresh", *(word for size in LENGTHS * 10 for word in ("GET", look(told, size))))
    assert {tuple(line[:2]) for line in lines} == {("HTTP_2", "200")}
    for size, line in zip(LENGTHS * 10, lines):
        # Besides the payload in base64 there are the request's own metadata.
        assert size <= int(line[2]) < size + 500


def test_the_jdk_goes_on_as_http2(told, java):
    get, post = ["GET", look(told, 10)], ["POST", f"http://{told.address}{ECHO}", "9"]
    assert [line[0] for line in java("same", *get, *get, *post)] == ["HTTP_2"] * 3
    # With a body nothing is upgraded, and the connection goes on.
    assert [line[0] for line in java("same", *post * 20)] == ["HTTP_1_1"] * 20


@pytest.fixture(scope="module", params=[40_000, 50_000, 60_000])
def paged(request, stubs):
    """A mesh whose page of routes has about so many bytes: an answer that is ready at once."""
    methods = [f"M{number:03}{'m' * 180}" for number in range(request.param // 200)]
    app = told_app.app()
    with tempfile.TemporaryDirectory(prefix="m") as folder:
        proto = pathlib.Path(folder) / "pages.proto"
        calls = "".join(f"  rpc {name}(Nothing) returns (Nothing);\n" for name in methods)
        proto.write_text(f'syntax = "proto3"; package pages;\nmessage Nothing {{}}\nservice Pages {{\n{calls}}}\n')
        app["protos"].append(str(proto))
        app["deployments"][0]["services"].append("pages.Pages")
        app["routes"] += [{"method": f"pages.Pages/{name}", "deployment": "told"} for name in methods]
        with served_app.running(stubs, app) as mesh:
            yield mesh


def test_an_answer_that_is_ready_at_once_waits_for_the_client(paged, java):
    """Clients read what comes with the 101 into what they have for heads: curl fails from 32 KiB on."""
    url = f"http://{paged.address}/-/routes"
    want = len(subprocess.run(["curl", "-sS", "--http1.1", url], capture_output=True, check=True).stdout)
    assert want > 35_000
    for _ in range(10):
        done = subprocess.run(
            ["curl", "-sS", "--http2", "-w", "%{http_version}", url], capture_output=True, timeout=30)
        assert (done.returncode, done.stdout[-1:], len(done.stdout)) == (0, b"2", want + 1), done.stderr
    assert java("fresh", *["GET", url] * 60) == [["HTTP_2", "200", str(want)]] * 60


@pytest.mark.parametrize("size", LENGTHS)
def test_curl_gets_answers_of_every_length(told, size):
    want = length(told, size)
    for _ in range(5):
        done = subprocess.run(
            ["curl", "-sS", "--http2", "-w", "\n%{http_version} %{http_code}", look(told, size)],
            capture_output=True, timeout=30)
        assert done.returncode == 0, (size, done.stderr)
        body, line = done.stdout.rsplit(b"\n", 1)
        assert (line, len(body)) == (b"2 200", want)


@pytest.mark.parametrize("size", [2, 1000, 65_000, 66_000, 400_000])
def test_curl_posts_bodies_of_every_length(told, size):
    text = told_app.text(told={"text": "x" * size})
    done = subprocess.run(
        ["curl", "-sS", "--http2", "-H", "content-type: application/json", "--data-binary", "@-",
         "-w", "\n%{http_version} %{http_code}", f"http://{told.address}{ECHO}"],
        input=json.dumps({"text": text}).encode(), capture_output=True, timeout=30)
    assert done.returncode == 0, done.stderr
    body, line = done.stdout.rsplit(b"\n", 1)
    assert line == b"1.1 200"
    assert json.loads(body)["text"] == "x" * size


def test_a_connection_goes_on_where_no_upgrade_was_made(told):
    """Also for requests that came at once: their reader must not take what follows for another protocol."""
    from test_http1_order import answers, page, post, talk
    sent = b"".join(post(*UPGRADE, text=str(number)) for number in range(3))
    for more in (b"", post("Connection: Upgrade", "Upgrade: websocket", text="w"), post(*UPGRADE, text="c", chunked=True)):
        found = answers(talk(told.address, sent + more + page("Connection: close")))
        assert [status for status, *_ in found] == [200] * len(found)
        assert len(found) == 4 + bool(more)
        assert [text for _, text, _ in found[:3]] == ["0", "1", "2"]
