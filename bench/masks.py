"""What masks cost: Dice, HD95 and NSD of two large ones, a scan asked about in tiles.

Run as `python -m bench.masks`. MONAI and surface-distance are extras of this measurement alone: what isn't
installed is said and left out. CPU seconds, one thread.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from importlib import import_module
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from bench.project import SOURCE, Ended, row, watched
from pipeline.models.tiling import Tiling, likeliest
from pipeline.statistics.masks import Agreement, agreement

SIDE: Final = 256
TOLERANCE_MM: Final = 2.0
BAR_SECONDS: Final = 0.8
ROUNDS: Final = 3
TORSO: Final = (400, 239, 239)
"""512 x 512 x 600 voxels of 0.7 x 0.7 x 1 mm at 1.5 mm."""
SMALLER: Final = (300, 256, 256)
"""What the probabilities of all voxels are measured on, which a torso would have no room for."""
TILE: Final = 128
MOST_MB: Final = {4: 2560, 20: 3072}
"""The most memory of a process that tells so many structures apart, without the network's own."""
Mask = NDArray[np.bool_]


def ellipsoids() -> tuple[Mask, Mask]:
    """Two ellipsoids of about 100 000 border voxels, a few millimetres from one another."""
    axes = np.ogrid[:SIDE, :SIDE, :SIDE]
    return _ellipsoid(axes, (128, 128, 128), (90, 70, 55)), _ellipsoid(axes, (133, 128, 128), (90, 72, 55))


def salt_and_pepper(share: float) -> tuple[Mask, Mask]:
    """Two masks of single voxels strewn over the whole image: no border is shorter than its mask."""
    generator = np.random.default_rng(0)
    shape = (SIDE, SIDE, SIDE)
    return generator.random(shape) < share, generator.random(shape) < share


def in_tiles(structures: int) -> None:
    """Asks a stand-in for a network about a whole torso, in half overlapping tiles."""
    classes = structures + 1
    scan = np.zeros((*TORSO, 1), np.float16)

    def even(tiles: NDArray[np.float32]) -> NDArray[np.float32]:
        return np.full((*tiles.shape[:-1], classes), 1 / classes, np.float32)

    planes = sum(len(labels) for _, labels in likeliest(scan, even, classes, Tiling((TILE,) * 3)))
    if planes != TORSO[0]:
        raise RuntimeError(f"expected {TORSO[0]} planes, received {planes}")


def at_once(structures: int) -> None:
    """The probabilities of all voxels of a smaller scan, as a network gives them that is asked at once."""
    classes = structures + 1
    logits = np.zeros((*SMALLER, classes), np.float32)
    np.exp(logits, out=logits)
    logits /= logits.sum(axis=-1, keepdims=True)
    labels = logits.argmax(axis=-1).astype(np.uint8)
    if labels.any():
        raise RuntimeError("expected the first of equal classes")


def main(arguments: list[str]) -> None:
    """Prints ours, and what is installed of the others, on the same masks.

    By `tiles` or `at-once` and a number of structures, one scan is asked about, for its memory to be watched.
    """
    if arguments:
        {"tiles": in_tiles, "at-once": at_once}[arguments[0]](int(arguments[1]))
        return
    truth, prediction = ellipsoids()
    seconds, ours = _seconds(lambda: _ours(truth, prediction))
    row(
        f"Dice, HD95 and NSD of two ellipsoids in {SIDE}^3, CPU seconds",
        f"{seconds:.2f}",
        f"<= {BAR_SECONDS}",
        seconds <= BAR_SECONDS,
    )
    print(
        f"      Dice {ours.dice:.6f}, HD95 {ours.hd95_mm:.4f} mm, NSD {ours.nsd:.6f}, HD {ours.hd_mm:.4f} mm"
    )
    print(f"      of {ours.volume_truth_ml:.0f} mL, predicted {ours.volume_predicted_ml:.0f} mL")
    for share in (0.02, 0.5):
        scattered = salt_and_pepper(share)
        seconds, _ = _seconds(lambda pair=scattered: _ours(*pair), rounds=1)
        row(f"the same of salt and pepper, {100 * share:.0f} % of voxels", f"{seconds:.2f}", "none", True)
    for structures, most_mb in MOST_MB.items():
        ended = _watched("tiles", structures)
        what = f"a scan of {_shown(TORSO)} in tiles, {structures} structures, MB"
        row(what, f"{ended.peak_mb}", f"<= {most_mb}", ended.code == 0 and ended.peak_mb <= most_mb)
        whole = _watched("at-once", structures)
        print(
            f"      in {ended.seconds:.0f} s without the network's own; {_shown(SMALLER)} voxels at once take"
        )
        print(f"      {whole.peak_mb} MB and {whole.seconds:.0f} s")
    for name, measure in (("monai", _monai), ("surface_distance", _surface_distance)):
        _beside(name, measure, (truth, prediction), ours)


def _watched(how: str, structures: int) -> Ended:
    return watched([sys.executable, "-m", "bench.masks", how, str(structures)], folder=SOURCE)


def _shown(shape: tuple[int, ...]) -> str:
    return " x ".join(map(str, shape))


def _ellipsoid(axes: Any, centre: tuple[int, ...], radii: tuple[int, ...]) -> Mask:
    inside: Mask = sum(((x - c) / r) ** 2 for x, c, r in zip(axes, centre, radii, strict=True)) <= 1
    return inside


def _ours(truth: Mask, prediction: Mask) -> Agreement:
    return agreement(truth, prediction, spacing_mm=(1.0, 1.0, 1.0), tolerance_mm=TOLERANCE_MM)


def _beside(
    name: str,
    measure: Callable[[Any, Mask, Mask], tuple[float, ...]],
    pair: tuple[Mask, Mask],
    ours: Agreement,
) -> None:
    try:
        package = import_module(name)
    except ImportError:
        print(f"      {name} is not installed here, so it was not measured.")
        return
    seconds, values = _seconds(lambda: measure(package, *pair))
    row(f"the same by {name}", f"{seconds:.2f}", "none", True)
    print(f"      {name}: {', '.join(f'{value:.6f}' for value in values)}; ours has other rules for borders")


def _monai(package: Any, truth: Mask, prediction: Mask) -> tuple[float, ...]:
    """Dice, HD95 and NSD as MONAI makes them, with borders of whole voxels."""
    torch: Any = import_module("torch")
    metrics: Any = import_module(f"{package.__name__}.metrics")
    torch.set_num_threads(1)
    first, second = (torch.from_numpy(mask[None, None]) for mask in (prediction, truth))
    dice = metrics.compute_dice(first, second)
    far = metrics.compute_hausdorff_distance(first, second, include_background=True, percentile=95)
    near = metrics.compute_surface_dice(first, second, [TOLERANCE_MM], include_background=True)
    return float(dice), float(far), float(near)


def _surface_distance(package: Any, truth: Mask, prediction: Mask) -> tuple[float, ...]:
    """Dice, HD95 and NSD as surface-distance makes them, weighted by area."""
    found = package.compute_surface_distances(truth, prediction, (1.0, 1.0, 1.0))
    return (
        float(package.compute_dice_coefficient(truth, prediction)),
        float(package.compute_robust_hausdorff(found, 95)),
        float(package.compute_surface_dice_at_tolerance(found, TOLERANCE_MM)),
    )


def _seconds(work: Callable[[], Any], *, rounds: int = ROUNDS) -> tuple[float, Any]:
    """The CPU seconds of the fastest round, and what it gave."""
    spent = []
    for _ in range(rounds):
        started = time.process_time()
        given = work()
        spent.append(time.process_time() - started)
    return min(spent), given


if __name__ == "__main__":
    main(sys.argv[1:])
