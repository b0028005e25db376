"""Stage one gives the pairs that comparing every two, one view at a time, gives."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from pipeline.cohort.lookalikes.candidates import Candidates, candidates
from pipeline.cohort.lookalikes.shrinking import shrunk
from pipeline.cohort.lookalikes.views import CUTS, NONE, evened, views

SCANS = 2100
"""More than are compared in one product of matrices."""
ALIKE = 0.40
EVERYTHING = 10**9
Found = dict[tuple[str, int, int], float]


@pytest.fixture(scope="module")
def pictures() -> NDArray[np.uint8]:
    """A body that all have, with details of one's own; in some those of another, changed or not."""
    rng = np.random.default_rng(11)
    details = rng.normal(size=(SCANS, 64, 64)).astype(np.float32)
    for axis in (1, 2):
        details = gaussian_filter1d(details, 5, axis=axis)
    for at in range(40):
        details[-1 - at] = details[at] + 0.3 * details[100 + at]
    y, x = np.mgrid[-1:1:64j, -1:1:64j]
    image = np.exp(-(x**2) * 2 - y**2) + details / details.std()
    image[-10:] = -image[-10:]
    image[-20:-10] = image[-20:-10, ::-1]
    low, high = image.min(axis=(1, 2), keepdims=True), image.max(axis=(1, 2), keepdims=True)
    return evened(np.rint(255 * (image - low) / (high - low)).astype(np.uint8))


def every_two(
    pictures: NDArray[np.uint8], persons: NDArray[np.intp], among: NDArray[np.intp] | None
) -> Found:
    """By numpy alone: averages of 4 x 4, the set's principal components in float64, cosines of all."""
    looking = np.arange(SCANS) if among is None else among
    small = pictures.reshape(SCANS, 16, 4, 16, 4).mean(axis=(2, 4)).reshape(SCANS, 256)
    mean = small.mean(axis=0)
    _, strengths, vectors = np.linalg.svd(small - mean, full_matrices=False)
    spread = strengths[:128] / np.sqrt(SCANS)
    components = vectors[:128].T / (spread + 0.02 * spread[0] + 1e-6)

    def units(of: NDArray[np.uint8]) -> NDArray[np.float64]:
        averages = of.reshape(-1, 16, 4, 16, 4).mean(axis=(2, 4)).reshape(-1, 256)
        projected = (averages - mean) @ components
        return projected / np.linalg.norm(projected, axis=1, keepdims=True)

    found: Found = {}
    plain = units(pictures)
    # Of two that are looked at, the one that is nearer to white is the second.
    brightness = plain @ ((255 - 2 * mean) @ components)
    place = np.argsort(np.lexsort((brightness, ~np.isin(np.arange(SCANS), looking))))
    for view in views(CUTS[:1]):
        cosines = units(view.of(pictures[looking])) @ plain.T
        for i, j in zip(*np.nonzero(cosines > ALIKE), strict=True):
            first, second = int(looking[i]), int(j)
            if persons[first] != persons[second] and place[first] < place[second]:
                found[str(view), first, second] = float(cosines[i, j])
    return found


def told(found: list[Candidates]) -> Found:
    return {
        (str(each.view), int(i), int(j)): float(cosine)
        for each in found
        if each.view.cut == NONE
        for i, j, cosine in zip(each.first, each.second, each.cosine, strict=True)
    }


@pytest.mark.parametrize("some", [False, True])
def test_the_pairs_are_those_of_comparing_every_two(pictures: NDArray[np.uint8], some: bool) -> None:
    persons = np.arange(SCANS) // 2
    among = np.arange(50, SCANS, 3) if some else None
    expected = every_two(pictures, persons, among)
    found = told(
        candidates(shrunk([pictures[:900], pictures[900:]], CUTS[:1]), persons, among, most=EVERYTHING)
    )
    sure = {key for key, cosine in expected.items() if abs(cosine - ALIKE) > 1e-4}
    assert len(sure) > 100
    assert any("inverted=True" in key[0] for key in sure)
    assert sure <= found.keys()
    assert all(found[key] == pytest.approx(expected[key], abs=1e-4) for key in sure)
    assert all(abs(found[key] - ALIKE) < 1e-4 for key in found.keys() - sure)


def test_of_more_than_can_be_looked_at_the_most_alike_are_taken(pictures: NDArray[np.uint8]) -> None:
    persons = np.arange(SCANS)
    everything = told(
        candidates(
            shrunk([pictures[:900], pictures[900:]], CUTS[:1]), persons, np.arange(SCANS), most=EVERYTHING
        )
    )
    found = told(
        candidates(shrunk([pictures[:900], pictures[900:]], CUTS[:1]), persons, np.arange(SCANS), most=50)
    )
    assert len(found) == 50
    assert sorted(found.values()) == pytest.approx(sorted(everything.values())[-50:], abs=1e-6)
