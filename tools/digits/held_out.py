# The example's committed pages, which show held-out digits only.
"""Pages and their crops; needs no more than grpcio, unlike the modules that compose pages."""

import json

import replicas
from replicas import APP


def committed():
    """The pages in the repository: (path, glyphs)."""
    for page in sorted((APP / "pages").glob("*.png")):
        glyphs = json.loads(page.with_suffix(".json").read_text())["glyphs"]
        for glyph in glyphs:
            glyph["box"] = [glyph[key] for key in ("x", "y", "width", "height")]
        yield page, glyphs


def committed_crops():
    """(crop, digit) of the committed pages, and how many glyphs they have."""
    pairs, total = [], 0
    with replicas.eyes() as eyes:
        for page, glyphs in committed():
            total += len(glyphs)
            pairs += replicas.matched(glyphs, eyes.crops(page.read_bytes()))
    return [(crop, glyph["object"]) for glyph, crop in pairs], total
