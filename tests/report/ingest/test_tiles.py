"""Which series are shown, which slice, in which window."""

from __future__ import annotations

import base64
import io

import numpy as np
import pytest
from PIL import Image

from pipeline.records import Case, Geometry, Stored
from pipeline.report.ingest.tiles import MOST_TILES, middle_slice, tiles
from pipeline.windows import window

ORIGINAL = {"image_type": "ORIGINAL\\PRIMARY\\AXIAL"}


def scan(
    series: str, shape: tuple[int, ...] = (4, 4), spacing: tuple[float, ...] = (1.0, 1.0), **changes: object
) -> Case:
    """A CT case of its own patient; `changes` replace attributes, or the modality."""
    modality = str(changes.pop("modality", "CT"))
    stored = Stored("shard", 0, 0, "<i2", shape, 0)
    name = f"case of {series}"
    geometry = Geometry(spacing)
    attributes = {**ORIGINAL, **changes}
    return Case(name, f"patient of {series}", "study", series, modality, "HU", 1, geometry, stored, "",
                attributes)  # fmt: skip


def blank(case: Case) -> np.ndarray:
    return np.zeros(case.stored.shape, np.int16)


@pytest.mark.parametrize(
    "risky",
    [
        scan("a", modality="DX"),
        scan("a", burned_in_annotation="YES"),
        scan("a", image_type="DERIVED\\SECONDARY"),
    ],
)
def test_a_series_with_a_risk_of_burned_in_text_shows_no_picture(risky: Case) -> None:
    (tile,) = tiles([risky], blank, reviewed=False)["tiles"]
    assert tile["hidden"]
    assert "picture" not in tile


def test_one_risky_case_hides_its_whole_series() -> None:
    (tile,) = tiles([scan("a"), scan("a"), scan("a", burned_in_annotation="YES")], blank, reviewed=False)[
        "tiles"
    ]
    assert tile["hidden"]


def test_every_series_that_is_not_shown_is_counted_with_its_reason() -> None:
    found = tiles([scan("a"), *(scan(f"b{n}", modality="US") for n in range(70))], blank, reviewed=False)
    assert (found["series"], found["shown"]) == (71, 1)
    (reason, series), *others = found["hidden"]
    assert reason.startswith("US pixels can carry text")
    assert (series, others) == (70, [])


def test_voxels_of_hidden_series_are_not_even_read() -> None:
    def read(case: Case) -> np.ndarray:
        raise AssertionError("read")

    assert tiles([scan("a", modality="US")], read, reviewed=False)


def test_a_review_by_a_person_opens_other_modalities() -> None:
    (tile,) = tiles([scan("a", modality="DX")], blank, reviewed=True)["tiles"]
    assert tile["picture"].startswith("data:image/png;base64,")


def test_so_many_series_are_shown_in_the_order_of_their_pseudonyms() -> None:
    names = [f"{number:03d}" for number in range(MOST_TILES + 5)]
    shown = tiles([scan(name) for name in reversed(names)], blank, reviewed=False)["tiles"]
    assert [tile["series"] for tile in shown] == names[:MOST_TILES]


def test_the_middle_of_an_axial_stack_is_its_middle_plane() -> None:
    array = np.arange(5 * 3 * 2).reshape(5, 3, 2)
    plane, ratio = middle_slice(scan("a", (5, 3, 2), (5.0, 1.0, 1.0)), array)
    np.testing.assert_array_equal(plane, array[2])
    assert ratio == pytest.approx(2 / 3)


def test_a_sagittal_stack_is_shown_as_it_was_cut_with_the_head_up() -> None:
    array = np.arange(4 * 6 * 3).reshape(4, 6, 3)  # slices run to the head, columns are 6 mm apart
    plane, ratio = middle_slice(scan("a", (4, 6, 3), (1.5, 1.0, 6.0)), array)
    np.testing.assert_array_equal(plane, array[::-1, :, 1])
    assert ratio == pytest.approx(6 * 1.0 / (4 * 1.5))


def test_large_planes_are_reduced_by_whole_factors() -> None:
    array = np.repeat(np.repeat(np.array([[0, 100], [200, 300]]), 256, axis=0), 256, axis=1)
    plane, _ = middle_slice(scan("a", (512, 512)), array)
    assert plane.shape == (170, 170)
    np.testing.assert_array_equal(plane[[0, 0, -1, -1], [0, -1, 0, -1]], [0, 100, 200, 300])


def test_ct_is_shown_in_the_window_of_its_header_and_the_rest_by_its_values() -> None:
    plane = np.linspace(0, 1000, 1001, dtype=np.float32).reshape(-1, 1)
    assert window(scan("a", window_center=40.0, window_width=400.0), plane) == (-160.0, 240.0)
    assert window(scan("a"), plane) == (5.0, 995.0)


def test_values_outside_the_window_are_black_and_white() -> None:
    case = scan("a", (1, 3), window_center=0.0, window_width=200.0)
    (tile,) = tiles([case], lambda _: np.array([[-500, 0, 500]], np.int16), reviewed=False)["tiles"]
    with Image.open(io.BytesIO(base64.b64decode(tile["picture"].split(",")[1]))) as picture:
        assert np.asarray(picture).tolist() == [[0, 128, 255]]
