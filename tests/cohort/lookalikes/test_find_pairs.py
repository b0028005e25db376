"""Copies of an image, changed as in practice, are found, and images of two people are not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import imagecodecs
import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter, rotate

from pipeline.cohort.lookalikes import find_pairs
from pipeline.ingest.cases.likeness import likeness_of
from pipeline.phantom.plan import FIRST, plan
from pipeline.phantom.scans import SINGLE_SLICE, scan_of

Grey = NDArray[np.uint8]
SCANS = 40


def anatomy(seed: int) -> Grey:
    """A body that all have, with details that only one has."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[-1:1:192j, -1:1:160j]
    common = 120 * np.exp(-(x**2) * 2 - y**2) + 40 * np.cos(9 * y) * (np.abs(x) < 0.7)
    details = sum(
        gaussian_filter(rng.normal(size=x.shape), width) * strength * width
        for width, strength in ((3, 60.0), (7, 50.0), (14, 60.0))
    )
    image = common + np.asarray(details)
    return np.rint(255 * (image - image.min()) / np.ptp(image)).astype(np.uint8)


def _jpeg(image: Grey) -> Grey:
    return np.asarray(
        imagecodecs.jpeg8_decode(imagecodecs.jpeg8_encode(np.ascontiguousarray(image), level=50))
    )


def _noisy(image: Grey) -> Grey:
    noise = np.random.default_rng(3).normal(0, 0.05 * 255, image.shape)
    return np.clip(image + noise, 0, 255).astype(np.uint8)


def _half(image: Grey) -> Grey:
    return image.reshape(96, 2, 80, 2).mean(axis=(1, 3)).astype(np.uint8)


def _windowed(image: Grey) -> Grey:
    return np.clip((image.astype(float) - 40) * 255 / 170, 0, 255).astype(np.uint8)


CHANGES: dict[str, Callable[[Grey], Grey]] = {
    "JPEG of quality 50": _jpeg,
    "noise of 5 %": _noisy,
    "half the size": _half,
    "a window": _windowed,
    "a gamma of 0.5": lambda image: np.rint(255 * (image / 255) ** 0.5).astype(np.uint8),
    "5 pixels cut off": lambda image: image[5:-5, 5:-5],
    "a twentieth cut off": lambda image: image[5:-5, 4:-4],
    "a tenth cut off": lambda image: image[9:-9, 8:-8],
    "a twentieth cut off one side": lambda image: image[9:],
    "a tenth cut off one side": lambda image: image[:, 16:],
    "a tenth cut off each side": lambda image: image[19:-19, 16:-16],
    "padded to a square": lambda image: np.pad(image, ((0, 0), (16, 16))),
    "inverted": lambda image: 255 - image,
    "mirrored": lambda image: image[:, ::-1],
    "turned by 90 degrees": lambda image: np.rot90(image),
    "mirrored and turned": lambda image: image.T,
    "windowed, cut and noisy": lambda image: _noisy(_windowed(image[5:-5, 4:-4])),
    "mirrored, cut, JPEG": lambda image: _jpeg(image[5:-5, 4:-4][:, ::-1]),
}  # fmt: skip


@pytest.fixture(scope="module")
def likenesses() -> dict[str, bytes]:
    return {f"scan {n:02d}": likeness_of(anatomy(n), spatial_axes=2) for n in range(SCANS)}


def test_images_of_two_people_are_no_copies(likenesses: dict[str, bytes]) -> None:
    assert find_pairs(likenesses, {name: name for name in likenesses}) == []


@pytest.mark.parametrize("change", sorted(CHANGES))
def test_a_changed_copy_is_found_and_nothing_else(change: str, likenesses: dict[str, bytes]) -> None:
    copies = {
        f"copy {n:02d}": likeness_of(np.ascontiguousarray(CHANGES[change](anatomy(n))), spatial_axes=2)
        for n in range(4)
    }
    everything = likenesses | copies
    pairs = find_pairs(everything, {name: name for name in everything})
    assert [(pair.first, pair.second) for pair in pairs] == [
        (f"copy {n:02d}", f"scan {n:02d}") for n in range(4)
    ]


def slice_of_ct(seed: int) -> NDArray[np.float64]:
    """A body in noisy air above a table, in HU, as 192 x 192 of them."""
    rng = np.random.default_rng([7, seed])
    y, x = np.mgrid[-1:1:192j, -1:1:192j]
    height, width = rng.uniform(0.55, 0.7), rng.uniform(0.7, 0.85)
    inside = (x / width) ** 2 + (y / height) ** 2 < 1
    body = (
        gaussian_filter(rng.normal(size=x.shape), 5) * 900
        + gaussian_filter(rng.normal(size=x.shape), 12) * 1500
    )
    image = np.where(inside, 40 + body, -1000.0)
    image[np.abs(y - 0.85) < 0.02] = -880
    return np.clip(image + rng.normal(0, 15, x.shape), -1024, 3071)


def _noisy_slice(image: NDArray[np.float64]) -> NDArray[np.float64]:
    return image + np.random.default_rng(3).normal(0, 0.05 * np.ptp(image), image.shape)


def _whole_range(image: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.clip((image + 1024) / 4095, 0, 1)


CHANGES_OF_CT: dict[str, Callable[[NDArray[np.float64]], NDArray[Any]]] = {
    "noise of 5 % of its range": _noisy_slice,
    "a gamma of 0.5 on the whole range": lambda image: _whole_range(image) ** 0.5,
    "a gamma of 2 on the whole range": lambda image: _whole_range(image) ** 2,
    "a window of soft tissue": lambda image: np.rint(255 * np.clip((image + 160) / 400, 0, 1)).astype(np.uint8),
    "a tenth cut off each side": lambda image: image[19:-19, 19:-19],
    "a tenth cut off the top": lambda image: image[19:],
    "a tenth cut off the left": lambda image: image[:, 19:],
    "noise and a twentieth off each side": lambda image: _noisy_slice(image[9:-9, 9:-9]),
    "a window, padded": lambda image: np.pad(np.clip(image, -160, 240), ((20, 20), (0, 0)), constant_values=-160),
}  # fmt: skip


@pytest.fixture(scope="module")
def slices() -> dict[str, bytes]:
    return {f"scan {n:02d}": likeness_of(slice_of_ct(n), spatial_axes=2) for n in range(SCANS)}


@pytest.mark.parametrize("change", sorted(CHANGES_OF_CT))
def test_a_changed_copy_of_a_slice_in_air_is_found_and_nothing_else(
    change: str, slices: dict[str, bytes]
) -> None:
    copies = {
        f"copy {n:02d}": likeness_of(
            np.ascontiguousarray(CHANGES_OF_CT[change](slice_of_ct(n))), spatial_axes=2
        )
        for n in range(4)
    }
    everything = slices | copies
    pairs = find_pairs(everything, {name: name for name in everything})
    assert [(pair.first, pair.second) for pair in pairs] == [
        (f"copy {n:02d}", f"scan {n:02d}") for n in range(4)
    ]


def test_scans_of_one_person_are_not_compared(likenesses: dict[str, bytes]) -> None:
    both = likenesses | {"again": likenesses["scan 00"]}
    persons = {name: name for name in likenesses} | {"again": "scan 00"}
    assert find_pairs(both, persons) == []
    assert len(find_pairs(both, persons | {"again": "another"})) == 1


def test_the_order_of_scans_makes_no_difference(likenesses: dict[str, bytes]) -> None:
    both = {"again": likenesses["scan 05"], **likenesses}
    turned = dict(reversed(both.items()))
    assert find_pairs(both, {name: name for name in both}) == find_pairs(
        turned, {name: name for name in turned}
    )


@pytest.mark.parametrize("degrees", [-4, -2, 3, 8, -11, 16])
def test_a_copy_turned_by_some_degrees_is_found_and_nothing_else(
    degrees: float, likenesses: dict[str, bytes]
) -> None:
    copies = {
        f"copy {n:02d}": likeness_of(
            rotate(anatomy(n).astype(float), degrees, reshape=False, order=1, mode="nearest"), spatial_axes=2
        )
        for n in range(4)
    }
    everything = likenesses | copies
    pairs = find_pairs(everything, {name: name for name in everything})
    assert [(pair.first, pair.second) for pair in pairs] == [
        (f"copy {n:02d}", f"scan {n:02d}") for n in range(4)
    ]


def test_people_who_differ_in_little_but_their_vessels_are_told_apart() -> None:
    """The invented patients of the demo: bodies of a few measures, with hardly a detail of one's own."""
    studies = plan(1, patients=200, delivery=FIRST, volumes=False)
    scans = {
        study.uid(): likeness_of(scan_of(study, SINGLE_SLICE).hu[0], spatial_axes=2) for study in studies
    }
    persons = {study.uid(): study.person.patient_id for study in studies}
    assert find_pairs(scans, persons) == []
    cut = scan_of(studies[0], SINGLE_SLICE).hu[0][13:-13, 13:-13]
    copied = find_pairs(scans | {"a copy": likeness_of(cut, spatial_axes=2)}, persons | {"a copy": "another"})
    assert ("a copy", studies[0].uid()) in {(pair.second, pair.first) for pair in copied}
    assert all(pair.second == "a copy" for pair in copied)
