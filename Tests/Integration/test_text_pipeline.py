"""Tokens through two deployments to the client: at once, no faster than it reads, no longer than it stays."""

import re
import time

import grpc
import pytest

from mesh import BINARIES, ROOT, wait_until

APP = ROOT / "deploy/text-pipeline"


def up(mesh, pace):
    """The shipped app at another pace: `tokens_per_s`, or None for as fast as it is read."""
    text = (APP / "martlet.yaml").read_text()
    shipped = "user_config: {corpus: corpus.txt, tokens_per_s: 40}"
    assert shipped in text
    setting = f", tokens_per_s: {pace}" if pace else ""
    text = text.replace(shipped, f"user_config: {{corpus: {APP}/corpus.txt{setting}}}")
    text = text.replace("../../protos", str(ROOT / "protos"))
    file = mesh.folder / "app.yaml"
    file.write_text(text)
    mesh.up(file)
    for name in ("tokenizer", "generator", "speller", "writer"):
        mesh.wait_running(name, 1)


@pytest.fixture(params=["graph", "code"])
def write(request):
    """Calls the graph, or the deployment that does the same by code."""
    def write(channel, **fields):
        return written(request.param, channel, **fields)

    write.streams = ("generator", "speller" if request.param == "graph" else "writer")
    return write


def written(how, channel, **request):
    from text.v1 import text_pb2, text_pb2_grpc
    stub = {"graph": text_pb2_grpc.TextStub, "code": text_pb2_grpc.WriterStub}[how](channel)
    return stub.Write(text_pb2.WriteRequest(**request), timeout=60)


def ended(mesh):
    """What the generator's log says of the answers that ended: [(made, asked for)]."""
    log = "".join(
        path.read_text(errors="replace") for path in (mesh.run_dir / "logs").glob("generator*"))
    return [(int(made), int(asked)) for made, asked in re.findall(r"made (\d+) of (\d+) tokens", log)]


def nothing_is_ongoing(mesh, deployments):
    return all(mesh.deployment(name).ongoing_requests == 0 for name in deployments)


def cpu(pid):
    """Clock ticks that the process has run."""
    with open(f"/proc/{pid}/stat") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return int(fields[11]) + int(fields[12])


def test_the_shipped_file_is_valid(mesh):
    assert BINARIES.joinpath("text-pipeline").exists()
    mesh.cli("validate", APP / "martlet.yaml")


def test_the_first_word_is_there_long_before_the_last(mesh, write):
    up(mesh, pace=50)
    with mesh.channel() as channel:
        "".join(piece.text for piece in write(channel, prompt="the swift", max_tokens=1))
        began = time.monotonic()
        arrivals, text = [], ""
        for piece in write(channel, prompt="The swift", max_tokens=100, seed=7):
            arrivals.append(time.monotonic() - began)
            text += piece.text
        again = "".join(p.text for p in write(channel, prompt="The swift", max_tokens=100, seed=7))
        other = "".join(p.text for p in write(channel, prompt="The swift", max_tokens=100, seed=8))
    assert len(arrivals) == 100
    assert arrivals[-1] >= 1.9, "it is written at its pace"
    assert arrivals[0] < 0.5 and arrivals[49] < arrivals[-1] - 0.5, arrivals
    assert text == again and text != other
    # Written as text: spaces before words only, and capital letters where sentences begin.
    assert not re.search(r" [.,]|[.] [a-z]", text), text
    assert re.search(r"[.] [A-Z]", text), text


def test_a_slow_client_holds_the_generator_back(mesh, write):
    up(mesh, pace=None)
    most = 1_000_000
    generator = mesh.replicas("generator")[0].pid
    # A window that stays what it is: 64 KiB.
    with grpc.insecure_channel(mesh.address, options=[("grpc.http2.bdp_probe", 0)]) as channel:
        pieces = write(channel, prompt="The swift", max_tokens=most)
        for _ in range(10):
            next(pieces)
        used, still = cpu(generator), time.monotonic()

        def held():
            nonlocal used, still
            if cpu(generator) != used:
                used, still = cpu(generator), time.monotonic()
            return time.monotonic() - still > 1

        wait_until(held, 40, "the generator waits")
        assert ended(mesh) == [], "it has not ended"
        for _ in range(10_000):
            assert next(pieces).text
        pieces.cancel()
    made, asked = wait_until(lambda: ended(mesh), 5, "the generator ends")[0]
    assert asked == most
    assert 10_000 < made < most / 2, "windows and backlogs bound what is on the way"


@pytest.mark.parametrize("how", ["cancels", "closes its connection"])
def test_a_client_that_leaves_stops_both(mesh, write, how):
    up(mesh, pace=100)
    with mesh.channel() as channel:
        pieces = write(channel, prompt="The swift", max_tokens=2000)
        for _ in range(5):
            next(pieces)
        assert not nothing_is_ongoing(mesh, write.streams)
        left = time.monotonic()
        if how == "cancels":
            pieces.cancel()
        else:
            channel.close()
        made, asked = wait_until(lambda: ended(mesh), 5, "the generator ends")[0]
        assert time.monotonic() - left < 1
    assert asked == 2000 and made < 200
    wait_until(lambda: nothing_is_ongoing(mesh, write.streams), 5, "nothing is ongoing")


def test_what_is_too_much_is_refused(mesh, write):
    up(mesh, pace=None)
    with mesh.channel() as channel:
        for request in (dict(max_tokens=0), dict(max_tokens=1_000_001),
                        dict(prompt="a" * (16 << 10) + "b", max_tokens=1)):
            with pytest.raises(grpc.RpcError) as caught:
                list(write(channel, **request))
            assert caught.value.code() == grpc.StatusCode.INVALID_ARGUMENT
            assert re.search("max_tokens|prompt", caught.value.details())
        assert list(write(channel, prompt="", max_tokens=3))


def test_the_graph_writes_what_the_code_writes(mesh):
    up(mesh, pace=None)
    with mesh.channel() as channel:
        texts = [
            [piece.text for piece in written(how, channel, prompt="", max_tokens=500, seed=3)]
            for how in ("graph", "code")]
    assert len(texts[0]) == 500
    assert texts[0] == texts[1]
