import hashlib
from dataclasses import replace

import numpy as np
import pytest

from pipeline.phantom.plan import FIRST, Study, plan
from pipeline.phantom.render import render
from pipeline.phantom.scans import (
    SCOUT_SIDE,
    SINGLE_SLICE,
    WHOLE_CHEST,
    Protocol,
    _at_visit,
    diameter_mm,
    scan_of,
    scout_of,
)


@pytest.fixture(scope="module")
def studies() -> list[Study]:
    return plan(2, patients=16, delivery=FIRST, volumes=False)


def test_the_pixels_of_a_seed_are_the_same_on_any_machine() -> None:
    scan = scan_of(plan(1, patients=1, delivery=FIRST, volumes=False)[0], SINGLE_SLICE)
    digest = hashlib.sha256(scan.hu.astype("<i2").tobytes()).hexdigest()
    assert digest[:16] == "8e26c886cc1a23c0"


@pytest.mark.parametrize(("protocol", "shape"), [(SINGLE_SLICE, (1, 128, 128)), (WHOLE_CHEST, (24, 64, 64))])
def test_a_scan_has_the_shape_and_steps_of_its_protocol(
    studies: list[Study], protocol: Protocol, shape: tuple[int, int, int]
) -> None:
    scan = scan_of(studies[0], protocol)
    assert scan.hu.dtype == np.int16
    assert scan.hu.shape[1:] == shape[1:]
    assert protocol.slices[0] <= len(scan.hu) <= protocol.slices[1]
    assert scan.grid.step_mm in protocol.step_mm


def test_pixel_spacing_varies_from_patient_to_patient(studies: list[Study]) -> None:
    spacing = [scan_of(study, SINGLE_SLICE).grid.spacing_mm for study in studies]
    assert len(set(spacing)) == len(spacing)
    assert 2.0 < min(spacing) < max(spacing) < 3.3


def test_the_field_of_view_is_centred_on_the_scanners_axis(studies: list[Study]) -> None:
    scan = scan_of(studies[0], SINGLE_SLICE)
    x, y, _ = scan.position(0)
    assert x == y == pytest.approx(-63.5 * scan.grid.spacing_mm)


def test_a_follow_up_shows_the_same_chest_by_other_pixels(studies: list[Study]) -> None:
    first, again = (study for study in studies if study.entropy[-1] == 7)
    one, other = scan_of(first, SINGLE_SLICE).hu, scan_of(again, SINGLE_SLICE).hu
    assert (one != other).mean() > 0.5
    assert np.corrcoef(one.ravel(), other.ravel())[0, 1] > 0.8


def test_the_scout_is_a_square_with_air_beside_the_body(studies: list[Study]) -> None:
    scout = scout_of(studies[0], SINGLE_SLICE)
    assert scout.shape == (SCOUT_SIDE, SCOUT_SIDE)
    assert scout[:, 0].max() < -900
    assert scout[SCOUT_SIDE // 2, SCOUT_SIDE // 2] > -500


def test_the_diameter_is_that_of_the_disc_which_the_nodule_fills_in_the_slice(studies: list[Study]) -> None:
    measured, filled = [], []
    for study in (replace(study, finding="nodule") for study in studies):
        chest, _, _ = _at_visit(study, SINGLE_SLICE)
        grid = scan_of(study, SINGLE_SLICE).grid
        hu, bare = (
            render(one, grid, rng=np.random.default_rng(0)) for one in (chest, replace(chest, nodules=()))
        )
        half = 0.5 * (chest.nodules[0].hu - chest.lung_hu)
        filled.append(2 * np.sqrt((hu - bare > half).sum() / np.pi) * grid.spacing_mm)
        measured.append(diameter_mm(study, SINGLE_SLICE))
    # Lobes add up to 4 % to the disc, and pixels of 2 to 3 mm cut its edge to a few per cent.
    assert np.array(filled) == pytest.approx(np.array(measured), rel=0.15)
    assert np.mean(np.array(filled) / np.array(measured)) == pytest.approx(1.0, abs=0.05)


def test_a_nodule_has_another_diameter_at_the_follow_up_and_a_clear_chest_none(studies: list[Study]) -> None:
    first, second = (replace(study, finding="nodule") for study in studies[7:9])
    assert second.visit == 1
    assert diameter_mm(first, SINGLE_SLICE) != diameter_mm(second, SINGLE_SLICE)
    assert diameter_mm(replace(first, finding="clear"), SINGLE_SLICE) is None
