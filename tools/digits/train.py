# `tools/train-digits`: writes the weights, the test pages and the samples of the unit test.
"""Trains on the first 1,400 samples of load_digits; the pages show the other 397 only."""

import json
import multiprocessing
import warnings

import numpy as np

import crops
import models
from replicas import APP, ROOT

SCRATCH = ROOT / ".build/digits"
SAMPLES = ROOT / "Tests/ContentUnderstandingTests/Samples/labels.json"
# Pages, seed and bend: handwriting as it was scanned differs more than 1,400 samples show.
SETS = {"a": (3500, 11, 1.0), "b": (3500, 12, 1.6)}
TEST_PAGES, TEST_SEED = 28, 2026
SAMPLE_COUNT = 12


def training_set(name):
    count, seed, bend = SETS[name]
    return crops.kept(SCRATCH, name, count, range(crops.TRAINED), seed, bend)


def train(name):
    warnings.filterwarnings("ignore")  # that it has not converged after so many rounds
    sets = [training_set(each) for each in SETS]
    cells, digits, kinds = (
        np.concatenate([s[k] for s in sets]) for k in ("cells", "digits", "kinds")
    )
    models.write(APP / f"weights/{name}.safetensors", *models.TRAINERS[name](cells, digits, kinds))
    return name


def write_pages():
    folder = APP / "pages"
    folder.mkdir(exist_ok=True)
    for old in folder.iterdir():
        old.unlink()
    held_out = range(crops.TRAINED, len(crops.DIGITS.target))
    for number, page in enumerate(crops.composed(TEST_PAGES, held_out, TEST_SEED)):
        page.image.save(folder / f"page-{number:02}.png", optimize=True)
        glyphs = [
            {"object": o["object"], **dict(zip(("x", "y", "width", "height"), o["box"]))}
            for o in page.objects
        ]
        lines = ",\n".join(f"  {json.dumps(glyph)}" for glyph in glyphs)
        (folder / f"page-{number:02}.json").write_text(f'{{"glyphs": [\n{lines}\n]}}\n')


def write_samples():
    """A few crops, and what the classifiers say of them here."""
    some = crops.crops(2, range(crops.TRAINED, len(crops.DIGITS.target)), TEST_SEED + 1)
    cells = some["cells"][:SAMPLE_COUNT]
    said = {
        name: models.says(APP / f"weights/{name}.safetensors", cells) for name in models.TRAINERS
    }
    samples = [
        {
            "digit": int(some["digits"][row]),
            "cells": cells[row].tolist(),
            "labels": {
                name: {"object": str(p[row].argmax()), "score": round(float(p[row].max()), 5)}
                for name, p in said.items()
            },
        }
        for row in range(len(cells))
    ]
    SAMPLES.parent.mkdir(parents=True, exist_ok=True)
    lines = ",\n".join(json.dumps(sample) for sample in samples)
    SAMPLES.write_text(f"[\n{lines}\n]\n")


def main():
    (APP / "weights").mkdir(exist_ok=True)
    write_pages()
    print("pages written", flush=True)
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        for each in pool.imap(training_set, SETS):
            print(f"{len(each['digits'])} crops to train on", flush=True)
        for name in pool.imap_unordered(train, models.TRAINERS):
            print(f"{name} trained", flush=True)
    write_samples()


if __name__ == "__main__":
    main()
