"""How long it takes to find near copies among very many pictures, and in how much memory.

Run as `python -m bench.lookalikes [PICTURES]`: invented likenesses of one body, every other one in a border
of one grey, so that both looks are taken; five of them lie there twice, changed, under another person.
"""

from __future__ import annotations

import resource
import sys
import time
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from bench.project import row
from pipeline.cohort.lookalikes import find_pairs
from pipeline.provenance import cores
from pipeline.records import LIKENESS_SIDE

PICTURES: Final = 100_000
COPIES: Final = 5
BAR_SECONDS: Final = 300
BAR_MB: Final = 1500
AT_ONCE: Final = 2000
"""Pictures that are made in one chunk: each chunk is a function of its number alone."""
BORDER: Final = 6
"""Pixels of air on each side."""
MB: Final = 1024
"""Kilobytes of one, as Linux counts the memory of a process."""
Grey = NDArray[np.uint8]


def chunk(number: int) -> Grey:
    """So many pictures: a body that all have, and details of each one's own."""
    rng = np.random.default_rng([1, number])
    shape = (AT_ONCE, LIKENESS_SIDE, LIKENESS_SIDE)
    y, x = np.mgrid[-1 : 1 : LIKENESS_SIDE * 1j, -1 : 1 : LIKENESS_SIDE * 1j]
    image = np.broadcast_to(120 * np.exp(-2 * x**2 - y**2), shape).astype(np.float32)
    for width, strength in ((1.0, 25), (2.5, 40), (5.0, 50)):
        details = rng.standard_normal(shape, np.float32)
        for axis in (1, 2):
            details = gaussian_filter1d(details, width, axis=axis)
        image += details * (strength / details.std())
    low, high = image.min(axis=(1, 2), keepdims=True), image.max(axis=(1, 2), keepdims=True)
    grey = np.rint(30 + 225 * (image - low) / (high - low)).astype(np.uint8)
    air = np.ones((LIKENESS_SIDE, LIKENESS_SIDE), np.bool_)
    air[BORDER:-BORDER, BORDER:-BORDER] = False
    grey[::2, air] = 0
    return grey


def changed(picture: Grey) -> Grey:
    """The picture mirrored, in another contrast and with noise."""
    noise = np.random.default_rng(2).normal(0, 6, picture.shape)
    return np.clip(255 * (picture[:, ::-1] / 255) ** 0.7 + noise, 0, 255).astype(np.uint8)


def invented(pictures: int) -> tuple[dict[str, bytes], set[tuple[str, str]]]:
    """The likenesses by name, and the pairs that are copies."""
    likenesses: dict[str, bytes] = {}
    for start in range(0, pictures, AT_ONCE):
        made = chunk(start // AT_ONCE)[: pictures - start]
        likenesses |= {f"scan {start + at:06d}": picture.tobytes() for at, picture in enumerate(made)}
    names = list(likenesses)[:: max(1, pictures // COPIES)][:COPIES]
    shape = (LIKENESS_SIDE, LIKENESS_SIDE)
    for name in names:
        picture = np.frombuffer(likenesses[name], np.uint8).reshape(shape)
        likenesses[f"copy of {name}"] = changed(picture).tobytes()
    return likenesses, {(f"copy of {name}", name) for name in names}


def peak_mb() -> int:
    """The most memory that this process had so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // MB


def main(arguments: list[str]) -> None:
    """Finds the copies among so many pictures."""
    pictures = int(arguments[0]) if arguments else PICTURES
    likenesses, copies = invented(pictures)
    before = peak_mb()
    wall, cpu = time.monotonic(), time.process_time()
    pairs = {
        (pair.first, pair.second) for pair in find_pairs(likenesses, {name: name for name in likenesses})
    }
    wall, cpu = time.monotonic() - wall, time.process_time() - cpu
    what = f"{pictures:,} pictures"
    row(f"near copies among {what}, found", f"{len(pairs & copies)} of {len(copies)}", "all", copies <= pairs)
    row(f"pairs of two people among {what}, taken for copies", str(len(pairs - copies)), "0", pairs <= copies)
    seconds = f"{wall:.0f} ({cpu:.0f})"
    row(
        f"seconds for {what} on {cores()} cores (CPU seconds)",
        seconds,
        f"<= {BAR_SECONDS}",
        wall <= BAR_SECONDS,
    )
    memory = f"{peak_mb()} ({before})"
    row(f"MB for {what} (before, with the pictures)", memory, f"<= {BAR_MB}", peak_mb() <= BAR_MB)


if __name__ == "__main__":
    main(sys.argv[1:])
