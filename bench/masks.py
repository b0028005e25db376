"""What comparing masks costs: Dice, HD95 and NSD of two large ones.

Run as `python -m bench.masks`. MONAI and surface-distance are extras of this measurement alone: what isn't
installed is said and left out. CPU seconds, one thread.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from importlib import import_module
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from bench.project import row
from pipeline.statistics.masks import Agreement, agreement

SIDE: Final = 256
TOLERANCE_MM: Final = 2.0
BAR_SECONDS: Final = 0.8
ROUNDS: Final = 3
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


def main() -> None:
    """Prints ours, and what is installed of the others, on the same masks."""
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
    for name, measure in (("monai", _monai), ("surface_distance", _surface_distance)):
        _beside(name, measure, (truth, prediction), ours)


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
    main()
