"""Real clients that ask for HTTP/2 with `Upgrade: h2c`: the JDK's and curl, with bodies and answers of every length."""

import json
import subprocess
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

    def run(url, *words):
        done = subprocess.run(
            ["java", "-XX:TieredStopAtLevel=1", "-cp", str(folder), "Calls", url, *words],
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
        words = [word for size in sizes for word in ("POST", str(size))]
        lines = java(url, kind, *words)
        # What is no JSON for the deployment is its failure, which is an answer as well.
        assert [line[0] for line in lines] == ["HTTP_1_1"] * len(sizes), lines
        assert all(line[1] in ("200", "500") for line in lines), lines


def test_the_jdk_gets_answers_of_every_length(told, java):
    for size in LENGTHS:
        lines = java(look(told, size), "fresh", *["GET"] * 12)
        assert lines == [["HTTP_2", "200", lines[0][2]]] * 12, (size, lines)
        # Besides the payload in base64 there are the request's own metadata.
        assert size <= int(lines[0][2]) < size + 500


def test_the_jdk_goes_on_as_http2(told, java):
    url = f"http://{told.address}{ECHO}"
    assert [line[0] for line in java(look(told, 10), "same", "GET", "GET", "POST", "9")] == ["HTTP_2"] * 3
    # After a body nobody has upgraded, and a request without one still may.
    assert [line[0] for line in java(look(told, 10), "same", "POST", "9", "POST", "9", "GET")][:2] == ["HTTP_1_1"] * 2
    assert len(java(url, "same", *["POST", "100000"] * 20)) == 20


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
