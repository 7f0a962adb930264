# `tools/train-digits --measure`: how good the classifiers and the graph are, on held-out digits.
"""The graph through a running mesh on the committed pages; the classifiers on more pages too."""

import os
import pathlib
import subprocess
import tempfile

import grpc

import crops
import replicas
from held_out import committed, committed_crops
from replicas import APP, GRPC, PB

MARTLET = pathlib.Path(os.environ["MARTLET_BIN"]) / "martlet"
MORE_PAGES, MORE_SEED = 300, 5
KINDS = ("looped", "open", "unsure")
FAMILIES = ("perceptron", "neighbours", "softmax")
CLASSIFIERS = ("expert-looped", "expert-open", *FAMILIES)


def graph():
    """(right, all) of the whole app on the committed pages."""
    with tempfile.TemporaryDirectory(prefix="m") as folder:
        run = ["--run-dir", f"{folder}/run"]
        path = {**os.environ, "PATH": f"{MARTLET.parent}:{os.environ['PATH']}"}
        up = [MARTLET, "up", APP / "martlet.yaml", "--detach", "--listen", "127.0.0.1:0", *run]
        subprocess.run(up, check=True, env=path, stdout=subprocess.DEVNULL)
        try:
            address = pathlib.Path(f"{folder}/run/address").read_text().strip()
            with grpc.insecure_channel(address) as channel:
                return through(GRPC.UnderstandingStub(channel))
        finally:
            subprocess.run([MARTLET, "down", *run], check=True, stdout=subprocess.DEVNULL)


def through(understanding):
    right = total = 0
    for page, glyphs in committed():
        answer = understanding.Analyze(PB.AnalyzeRequest(url=f"file:{page}"), timeout=60)
        found = [(middle(o.segment_pixels), o.object) for o in answer.objects]
        for glyph in glyphs:
            x, y, width, height = glyph["box"]
            here = [o for (a, b), o in found if x <= a < x + width and y <= b < y + height]
            right += here == [glyph["object"]]
        total += len(glyphs)
    return right, total


def middle(pixels):
    return sum(p.x for p in pixels) / len(pixels), sum(p.y for p in pixels) / len(pixels)


def more_crops():
    """The same of pages that are not in the repository."""
    held_out = range(crops.TRAINED, len(crops.DIGITS.target))
    made = crops.crops(MORE_PAGES, held_out, MORE_SEED)
    rows = zip(made["cells"], made["digits"], made["kinds"])
    return [
        (PB.Crop(kind=str(kind), cells=cells.tobytes(), side=16), str(digit))
        for cells, digit, kind in rows
    ], int(made["glyphs"])


def labels(some):
    """What each classifier says of each crop; the ensemble's vote as the graph counts it."""
    said = {}
    for name in CLASSIFIERS:
        with replicas.replica(name, {"weights": f"weights/{name}.safetensors"}) as channel:
            stub = GRPC.ClassifierStub(channel)
            said[name] = [stub.Classify(crop, timeout=60).object for crop, _ in some]
    said["ensemble"] = [vote(votes) for votes in zip(*(said[name] for name in FAMILIES))]
    routes = {"looped": "expert-looped", "open": "expert-open", "unsure": "ensemble"}
    said["dispatch"] = [said[routes[crop.kind]][n] for n, (crop, _) in enumerate(some)]
    return said


def vote(votes):
    """The most frequent; the first of those that are equally frequent."""
    return max(votes, key=lambda each: (votes.count(each), -votes.index(each)))


def table(title, some, total):
    count = {kind: sum(crop.kind == kind for crop, _ in some) for kind in KINDS}
    print(f"\n{title}: {total} glyphs, {len(some)} found\n")
    print("| of 100 crops, right | all | " + " | ".join(f"{k} ({count[k]})" for k in KINDS) + " |")
    print("|---|---|" + "---|" * len(KINDS))
    for name, said in labels(some).items():
        right = [said == digit for said, (_, digit) in zip(said, some)]
        row = [sum(right) / len(right)]
        row += [sum(r for r, (c, _) in zip(right, some) if c.kind == k) / count[k] for k in KINDS]
        print(f"| {name} | " + " | ".join(f"{100 * share:.1f}" for share in row) + " |", flush=True)


def main():
    right, total = graph()
    print(
        f"the whole graph, through the mesh: {right} of {total} glyphs, {100 * right / total:.1f} %"
    )
    table("committed pages", *committed_crops())
    table(f"{MORE_PAGES} more pages", *more_crops())


if __name__ == "__main__":
    main()
