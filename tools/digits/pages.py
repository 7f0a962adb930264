# Composes pages of handwritten digits from 8 x 8 scans: what training and measuring look at.
"""Dark ink on light paper; glyphs are 24 to 96 pixels tall and at least a third of one apart."""

from dataclasses import dataclass, field

import numpy as np
from PIL import Image, ImageFilter
from scipy.ndimage import map_coordinates

LOWEST, TALLEST = 24, 96  # pixels of ink from top to bottom
UPSCALERS = (Image.Resampling.BILINEAR, Image.Resampling.BICUBIC, Image.Resampling.LANCZOS)
MARGIN = 12  # pixels of paper around everything


@dataclass
class Style:
    """How a page looks."""

    width: int = 640
    height: int = 480
    glyphs: int = 14
    lines: bool = False  # in level lines, or anywhere
    skew: float = 0.0  # degrees clockwise
    grain: float = 0.0  # standard deviation of the noise in grey levels
    speckles: float = 0.0  # share of pixels that are black or white
    shade: float = 0.0  # grey levels from the lightest to the darkest corner
    broken: float = 0.15  # share of glyphs with a cut through them
    paper: int = 250
    ink: int = 20


@dataclass
class Page:
    image: Image.Image
    style: Style
    objects: list = field(
        default_factory=list
    )  # {"object", "sample", "box": [x, y, width, height]}


def random_style(rng):
    """A style as scans have it: two thirds of the pages are clean, half are straight."""
    noisy, skewed = rng.random() < 0.4, rng.random() < 0.5
    return Style(
        lines=bool(rng.random() < 0.5),
        skew=float(rng.uniform(-6, 6)) if skewed else 0.0,
        grain=float(rng.uniform(3, 14)) if noisy else 0.0,
        speckles=float(rng.uniform(0, 0.01)) if noisy and rng.random() < 0.5 else 0.0,
        shade=float(rng.uniform(0, 60)) if noisy else 0.0,
        paper=int(rng.integers(225, 256)),
        ink=int(rng.integers(0, 70)),
    )


def render(scan, height, rng, broken=False, bend=0.0):
    """The ink of one glyph, 0 to 1, trimmed and `height` pixels tall."""
    cells = np.pad(scan / 16.0, 1)
    side = max(10, round(height * 10 / 8))
    picture = Image.fromarray((cells * 255).astype(np.uint8))
    if rng.random() < 0.15:
        picture = picture.resize((side, side), Image.Resampling.NEAREST)
        picture = picture.filter(ImageFilter.GaussianBlur(side / 24))
    else:
        picture = picture.resize((side, side), UPSCALERS[rng.integers(len(UPSCALERS))])
    ink = np.asarray(picture, dtype=np.float64) / 255
    # From soft as a photograph to crisp as a pen.
    steepness = rng.uniform(1.0, 3.5)
    ink = (
        np.clip((ink - 0.5) * steepness + rng.uniform(0.47, 0.56), 0, 1) if steepness > 1.3 else ink
    )
    ink = trim(warp(ink, bend, rng) if bend else ink)
    size = (max(3, round(ink.shape[1] * height / ink.shape[0])), height)
    picture = Image.fromarray((ink * 255).astype(np.uint8)).resize(size, Image.Resampling.BILINEAR)
    ink = np.asarray(picture) / 255
    return cut(ink, rng) if broken else ink


def warp(ink, bend, rng):
    """The glyph as another hand would have written it: slanted, stretched and bent a little."""
    side = ink.shape[0]
    grid = np.linspace(-1, 1, side)
    y, x = np.meshgrid(grid, grid, indexing="ij")
    slant, turn, stretch = (
        rng.normal(0, 0.12 * bend),
        rng.normal(0, 0.08 * bend),
        1 + rng.normal(0, 0.1 * bend),
    )
    to_x = stretch * x + (slant - turn) * y
    to_y = y + turn * x
    for _ in range(2):  # slow waves, a half to one and a half across the glyph
        phase, waves = rng.uniform(0, 2 * np.pi, 2), rng.uniform(0.5, 1.5, 2) * np.pi
        to_x = to_x + rng.normal(0, 0.05 * bend) * np.sin(waves[0] * y + phase[0])
        to_y = to_y + rng.normal(0, 0.05 * bend) * np.sin(waves[1] * x + phase[1])
    at = [(to_y + 1) / 2 * (side - 1), (to_x + 1) / 2 * (side - 1)]
    return np.clip(map_coordinates(ink, at, order=1), 0, 1)


def trim(ink, faintest=0.1):
    """The part of the picture that has ink."""
    rows, columns = np.flatnonzero((ink > faintest).any(1)), np.flatnonzero((ink > faintest).any(0))
    return ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def cut(ink, rng):
    """The glyph with a straight cut through it, up to a fourteenth of its height wide."""
    height, width = ink.shape
    angle, gap = rng.uniform(0, np.pi), max(1.5, height * rng.uniform(1 / 30, 1 / 14))
    y, x = np.mgrid[0:height, 0:width]
    centre_y, centre_x = rng.uniform(0.25, 0.75) * height, rng.uniform(0.3, 0.7) * width
    away = np.abs((y - centre_y) * np.cos(angle) + (x - centre_x) * np.sin(angle))
    return ink * np.clip(away - gap / 2, 0, 1)


def apart(box, others):
    """Whether a box (x, y, width, height) is a third of the taller glyph away from all others."""
    for other in others:
        gap_x = max(box[0], other[0]) - min(box[0] + box[2], other[0] + other[2])
        gap_y = max(box[1], other[1]) - min(box[1] + box[3], other[1] + other[3])
        if max(gap_x, gap_y) < max(box[3], other[3]) / 3 + 1:
            return False
    return True


def places(style, sizes, rng):
    """A place for each glyph size (width, height) that still has room: index and x, y."""
    boxes = []
    line_y, line_x = MARGIN, MARGIN
    for index, (width, height) in enumerate(sizes):
        if style.lines:
            # Glyphs stand on a common base line in lines as tall as the tallest glyph.
            tallest = max(size[1] for size in sizes)
            gap = round(tallest / 3) + 2 + int(rng.integers(0, 20))
            if line_x + width + MARGIN > style.width:
                line_x, line_y = MARGIN, line_y + tallest + round(tallest / 3) + 4
            if line_y + tallest + MARGIN > style.height:
                return
            yield index, line_x, line_y + tallest - height
            line_x += width + gap
            continue
        for _ in range(60):
            x = int(rng.integers(MARGIN, style.width - width - MARGIN))
            y = int(rng.integers(MARGIN, style.height - height - MARGIN))
            if apart((x, y, width, height), boxes):
                boxes.append((x, y, width, height))
                yield index, x, y
                break


def compose(scans, labels, samples, style, rng, bend=0.0):
    """One page with glyphs of the given samples, as many as there is room for."""
    low, high = (
        (LOWEST, TALLEST) if not style.lines else ((24, 44) if rng.random() < 0.5 else (40, 72))
    )
    glyphs = [
        render(scans[s], int(rng.integers(low, high + 1)), rng, rng.random() < style.broken, bend)
        for s in samples
    ]
    ink = np.zeros((style.height, style.width))
    page = Page(image=None, style=style)
    turn = np.deg2rad(style.skew)
    middle = np.array([style.width / 2, style.height / 2])
    for index, x, y in places(style, [(g.shape[1], g.shape[0]) for g in glyphs], rng):
        height, width = glyphs[index].shape
        ink[y : y + height, x : x + width] = glyphs[index]
        corners = (
            np.array([[x, y], [x + width, y], [x, y + height], [x + width, y + height]]) - middle
        )
        rotation = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
        corners = corners @ rotation + middle
        if corners.min() < 1 or (corners.max(0) > (style.width - 1, style.height - 1)).any():
            ink[y : y + height, x : x + width] = 0
            continue
        box = [*np.floor(corners.min(0)), *np.ceil(np.ptp(corners, axis=0))]
        page.objects.append(
            {
                "object": str(labels[samples[index]]),
                "sample": int(samples[index]),
                "box": [int(v) for v in box],
            }
        )
    page.image = photograph(ink, style, rng)
    return page


def photograph(ink, style, rng):
    """The page as a scanner sees it."""
    if style.skew:
        picture = Image.fromarray((ink * 255).astype(np.uint8))
        ink = np.asarray(picture.rotate(-style.skew, Image.Resampling.BICUBIC)) / 255
    height, width = ink.shape
    y, x = np.mgrid[0:height, 0:width]
    paper = style.paper - style.shade * (x / width + y / height) / 2
    grey = paper + (style.ink - paper) * ink
    if style.grain:
        grey = grey + rng.normal(0, style.grain, grey.shape)
    if style.speckles:
        spots = rng.random(grey.shape)
        grey = np.where(
            spots < style.speckles / 2, 0, np.where(spots > 1 - style.speckles / 2, 255, grey)
        )
    return Image.fromarray(np.clip(np.rint(grey), 0, 255).astype(np.uint8))
