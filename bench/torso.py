"""A whole torso asked about in tiles by the U-Net as it is: the memory of the process, and the time.

Run as `python -m bench.torso`. Beside it the same network is asked about all voxels of a smaller scan at
once, as is usual, whose logits exist as a whole. Weights are fresh: no number here depends on them.
"""

from __future__ import annotations

import sys
import time
from typing import Any, Final

import numpy as np

from bench.project import SOURCE, Ended, row, watched

NATIVE: Final = (600, 512, 512)
TORSO: Final = (400, 239, 239)
"""The same with voxels of 0.7 x 0.7 x 1 mm at 1.5 mm."""
SMALLER: Final = (300, 256, 256)
TILE: Final = (128, 128, 128)  # the patch that `auto` comes to where there is memory
MOST_MB: Final = {4: 2560, 20: 3072}
"""Bars: of a process that tells so many structures apart."""


def network(structures: int, shape: tuple[int, ...]) -> Any:
    """The U-Net as the settings have it where they say nothing, compiled as it is to be asked."""
    from pipeline import backend
    from pipeline.models import Intensities, Scans, segmenter
    from pipeline.models import network as named
    from pipeline.provenance import cores

    backend.start(cores())
    scans = Scans((*shape, 1), Intensities((0.0,), (1.0,)), (1.5, 1.5, 1.5))
    model = segmenter.finest(segmenter.build(named("unet", {}), scans, structures + 1, dropout=0.0))
    model.compile(jit_compile=backend.device().compiles)
    return model


def noise(shape: tuple[int, ...]) -> Any:
    """A normalized scan of noise, `(*space, 1)`."""
    return np.random.default_rng(0).standard_normal((*shape, 1), np.float32).astype(np.float16)


def in_tiles(structures: int) -> None:
    """From a normalized scan to the structures on the scan's own grid, as `predict` goes there."""
    from pipeline.places import onto_native
    from pipeline.tasks.segmentation.asking import network_bits
    from pipeline.tasks.segmentation.structures import Structures

    question = Structures(tuple(f"structure {number}" for number in range(structures)))
    model, scan = network(structures, TILE), noise(TORSO)
    started = time.monotonic()
    bits = network_bits(model, scan, question, TILE)
    if bits is None:
        raise RuntimeError("expected finite answers")
    place = tuple((native / size, 0.0) for native, size in zip(NATIVE, TORSO, strict=True))
    if onto_native(bits, place, NATIVE).shape != NATIVE:
        raise RuntimeError(f"expected an answer of shape {NATIVE}")
    print(f"{time.monotonic() - started:.0f}")


def at_once(structures: int) -> None:
    """The logits of all voxels of a smaller scan, and the likeliest class of each."""
    model, scan = network(structures, SMALLER), noise(SMALLER)
    started = time.monotonic()
    logits = np.asarray(model.predict_on_batch(scan[None].astype(np.float32)))
    labels = logits[0].argmax(axis=-1).astype(np.uint8)
    if labels.shape != SMALLER:
        raise RuntimeError(f"expected an answer of shape {SMALLER}")
    print(f"{time.monotonic() - started:.0f}")


def main(arguments: list[str]) -> None:
    """Prints memory and time; by `tiles` or `at-once` and a number of structures asks about one scan."""
    if arguments:
        {"tiles": in_tiles, "at-once": at_once}[arguments[0]](int(arguments[1]))
        return
    for structures, most_mb in MOST_MB.items():
        tiles, whole = _watched("tiles", structures), _watched("at-once", structures)
        what = f"a scan of {_shown(NATIVE)}, {structures} structures, MB"
        row(what, f"{tiles.peak_mb}", f"<= {most_mb}", tiles.code == 0 and tiles.peak_mb <= most_mb)
        print(f"      {_seconds(tiles)} in tiles of {_shown(TILE)}, {_shown(TORSO)} voxels at 1.5 mm;")
        print(f"      of {_shown(SMALLER)} voxels at once: {whole.peak_mb} MB, {_seconds(whole)}")


def _watched(how: str, structures: int) -> Ended:
    return watched([sys.executable, "-m", "bench.torso", how, str(structures)], folder=SOURCE)


def _seconds(ended: Ended) -> str:
    """The seconds that a program printed last; how it ended where it did otherwise."""
    return f"{ended.output.split()[-1]} s" if ended.code == 0 else f"ended with {ended.code}"


def _shown(shape: tuple[int, ...]) -> str:
    return " x ".join(map(str, shape))


if __name__ == "__main__":
    main(sys.argv[1:])
