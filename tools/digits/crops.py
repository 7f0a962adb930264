# Crops of composed pages, as the example's detector cuts them.
"""Composes pages, shows them to the detector, and keeps the crops with what they are."""

import hashlib
import io
import os

import numpy as np
from sklearn.datasets import load_digits

import pages
import replicas

TRAINED = (
    1400  # the samples of load_digits before this one are for training, the rest for measuring
)
GLYPHS = 14  # on a page

DIGITS = load_digits()


def composed(count, samples, seed, bend=0.0):
    """Pages that use each of the samples (a range) equally often, in random order."""
    rng, pool = np.random.default_rng(seed), []
    for _ in range(count):
        if len(pool) < GLYPHS:
            pool += list(rng.permutation(np.arange(samples.start, samples.stop)))
        taken, pool = pool[:GLYPHS], pool[GLYPHS:]
        style = pages.random_style(rng)
        yield pages.compose(DIGITS.images, DIGITS.target, taken, style, rng, bend)


def png(page):
    out = io.BytesIO()
    page.image.save(out, "png")
    return out.getvalue()


def crops(count, samples, seed, bend=0.0):
    """{"cells", "digits", "kinds", "glyphs"} of the pages' glyphs that the detector finds."""
    cells, digits, kinds, glyphs = [], [], [], 0
    with replicas.eyes() as eyes:
        for page in composed(count, samples, seed, bend):
            glyphs += len(page.objects)
            for object, crop in replicas.matched(page.objects, eyes.crops(png(page))):
                cells.append(np.frombuffer(crop.cells, np.uint8))
                digits.append(int(object["object"]))
                kinds.append(crop.kind)
    return {
        "cells": np.array(cells),
        "digits": np.array(digits),
        "kinds": np.array(kinds),
        "glyphs": np.array(glyphs),
    }


def kept(folder, name, *arguments):
    """The crops, as an earlier run left them in the folder when nothing they depend on changed."""
    sources = sorted((replicas.ROOT / "Sources/Examples/ContentUnderstanding/Vision").iterdir())
    sources += [replicas.ROOT / "tools/digits" / file for file in ("pages.py", "crops.py")]
    depends = hashlib.sha256(repr(arguments).encode())
    for source in sources:
        depends.update(source.read_bytes())
    file = folder / f"{name}-{depends.hexdigest()[:12]}.npz"
    if not file.exists():
        made = crops(*arguments)
        folder.mkdir(parents=True, exist_ok=True)
        half = folder / f"{name}.half.npz"
        np.savez_compressed(half, **made)
        os.replace(half, file)
    with np.load(file) as read:
        return dict(read)
