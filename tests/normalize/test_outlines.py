"""Masks on their way through a recipe: bits beside the arrays, made again when masks change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from pipeline.arrays import Shards
from pipeline.catalogue import Catalogue
from pipeline.catalogue import masks as stored_masks
from pipeline.errors import ConfigError, DataError
from pipeline.executors import Executor
from pipeline.normalize.outlines import OVERLAP, Outlines
from pipeline.normalize.recipe import parse
from pipeline.normalize.store import Pool, Ready, Wanted, bring_up_to_date, remove_unused, write_refused
from pipeline.tasks.contract import Outlined
from pipeline.workspace import Workspace

HALVED = {"resize": {"shape": [3, 4]}}
SAME = {"min_max": {}}
APART = Outlined({"front": ("front",), "back": ("back",)})
NESTED = Outlined({"front": ("front",), "back": ("back",), "all": ("front", "back")}, exclusive=False)


def halves(overlap: int = 0) -> dict[str, np.ndarray]:
    """Masks of the upper and the lower rows of an image of 6 x 8; `overlap` rows are both."""
    front, back = np.zeros((6, 8), np.uint8), np.zeros((6, 8), np.uint8)
    front[: 3 + overlap], back[3:] = 1, 1
    return {"front": front, "back": back}


def ready(workspace: Workspace, asked: Outlined, step: Mapping[str, Any] = SAME) -> Ready:
    """What the stage has after it asked so."""
    recipe = parse([step], lambda keys, message: ConfigError(message))
    with Catalogue(workspace.catalogue) as catalogue:
        masks = {mask.case_id: () for mask in stored_masks.all_of(catalogue)}
        for mask in stored_masks.all_of(catalogue):
            masks[mask.case_id] += (mask,)
        wanted = Wanted(recipe, catalogue.cases(), Outlines(asked, masks), in_patches=True)
        pool = Pool(Executor(workspace.data, 1), 30, 2048)
        found = bring_up_to_date(wanted, catalogue=catalogue, workspace=workspace, pool=pool)
        assert catalogue.arrays(wanted.mask_id) == found.masks
        remove_unused(catalogue, workspace.normalized)
    write_refused(workspace, [found])
    return found


def bits(workspace: Workspace, found: Ready) -> dict[str, np.ndarray]:
    shards = Shards(workspace.normalized)
    return {case_id: np.array(shards.sound(case_id, stored)) for case_id, stored in found.masks.items()}


def test_every_voxel_has_the_bits_of_its_structures_on_the_grid_of_the_image(analysis, noise) -> None:
    analysis.add(noise(1, 2), masks={"c01": halves(), "c02": {"back": halves()["back"]}})
    found = ready(analysis.workspace, APART, HALVED)
    made = bits(analysis.workspace, found)
    assert {(each.dtype.name, each.shape) for each in made.values()} == {("uint8", (3, 4))}
    # The row in the middle of three lies halfway between rows 2 and 3 of six, and the later one counts.
    assert made["c01"][:, 0].tolist() == [1, 2, 2]
    assert made["c02"][:, 0].tolist() == [0, 2, 2]
    assert found.arrays["c01"].shape == (3, 4, 1)


def test_a_region_is_the_union_of_its_structures_and_a_case_without_masks_has_no_bit(analysis, noise) -> None:
    analysis.add(noise(1, 2), masks={"c01": halves(overlap=1)})
    made = bits(analysis.workspace, ready(analysis.workspace, NESTED))
    assert made["c01"][:, 0].tolist() == [5, 5, 5, 7, 6, 6]
    assert not made["c02"].any()


def test_structures_that_share_voxels_are_refused_by_their_names_until_they_may(analysis, noise) -> None:
    analysis.add(noise(1, 2), masks={"c01": halves(overlap=1), "c02": halves()})
    found = ready(analysis.workspace, APART)
    (refusal,) = found.refused
    assert (refusal.case_id, refusal.reason) == ("c01", OVERLAP)
    assert refusal.detail.startswith("'front' and 'back' share 8 voxels")
    assert list(found.arrays) == list(found.masks) == ["c02"]
    assert ready(analysis.workspace, APART).computed == 0
    allowed = ready(analysis.workspace, replace(APART, exclusive=False))
    assert bits(analysis.workspace, allowed)["c01"][3, 0] == 3


def test_a_second_run_makes_nothing_and_a_changed_mask_its_case_alone(analysis, noise) -> None:
    scans = noise(1, 2)
    for name in scans:
        analysis.add({name: scans[name]}, masks={name: halves()})
    before = bits(analysis.workspace, ready(analysis.workspace, APART))
    assert ready(analysis.workspace, APART).computed == 0
    analysis.add({"c01": scans["c01"]}, masks={"c01": {"front": halves()["front"]}})
    again = ready(analysis.workspace, APART)
    made = bits(analysis.workspace, again)
    assert again.computed == 1
    assert set(np.unique(made["c01"])) == {0, 1}
    np.testing.assert_array_equal(made["c02"], before["c02"])
    assert len(list(analysis.workspace.normalized.glob("*.npy"))) == 4  # of arrays and of bits, two each


def test_what_is_asked_otherwise_is_stored_beside_and_comes_back(analysis, noise) -> None:
    analysis.add(noise(1, 1), masks={"c01": halves()})
    first = ready(analysis.workspace, APART)
    assert ready(analysis.workspace, NESTED).masks != first.masks
    again = ready(analysis.workspace, APART)
    assert (again.computed, again.masks) == (0, first.masks)


def test_twenty_structures_take_four_bytes_a_voxel(analysis, noise) -> None:
    names = [f"s{number:02d}" for number in range(20)]
    marks = {name: np.full((6, 8), number % 2, np.uint8) for number, name in enumerate(names)}
    analysis.add(noise(1, 1), masks={"c01": marks})
    asked = Outlined({name: (name,) for name in names}, exclusive=False)
    made = bits(analysis.workspace, ready(analysis.workspace, asked))["c01"]
    assert made.dtype == np.uint32
    assert set(np.unique(made)) == {sum(1 << number for number in range(1, 20, 2))}


def test_scans_may_differ_in_shape_where_their_voxels_are_alike(analysis, noise) -> None:
    larger = {"c02": np.ones((6, 9), np.int16) + np.arange(9, dtype=np.int16)}
    analysis.add({**noise(1, 1), **larger}, masks={"c01": halves()})
    found = ready(analysis.workspace, APART)
    assert found.shape == (6, None, 1)
    assert found.masks["c02"].shape == (6, 9)
    analysis.add({"c03": np.arange(70, dtype=np.int16).reshape(7, 10)}, spacing=3.0)
    with pytest.raises(DataError, match=r"different spacings \(2 x 2 and 3 x 3 mm\).*resample"):
        ready(analysis.workspace, APART)


def test_some_voxels_of_each_structure_are_kept_evenly_from_all_it_has(analysis, noise) -> None:
    analysis.add(noise(1, 2), masks={"c01": halves(), "c02": {"back": halves()["back"]}})
    ready(analysis.workspace, APART)
    recipe = parse([SAME], lambda keys, message: ConfigError(message)).recipe_id
    with Catalogue(analysis.workspace.catalogue) as catalogue:
        stored = catalogue.arrays(Outlines(APART).voxels_id(recipe))
    shards = Shards(analysis.workspace.normalized)
    first, second = (shards.sound(case_id, stored[case_id]) for case_id in ("c01", "c02"))
    assert set(first[0].tolist()) == set(range(24))  # the upper rows of 6 x 8
    assert set(first[1].tolist()) == set(range(24, 48))
    assert set(second[0].tolist()) == {-1}


@pytest.mark.parametrize("damaged", ["array", "bits"])
def test_a_shard_that_is_gone_is_made_again_with_the_same_bytes(analysis, noise, damaged: str) -> None:
    analysis.add(noise(1, 2), masks={"c01": halves()})
    found = ready(analysis.workspace, APART)
    stored = found.arrays if damaged == "array" else found.masks
    path = analysis.workspace.normalized / stored["c01"].shard
    before = path.read_bytes()
    path.unlink()
    assert ready(analysis.workspace, APART).computed == 2
    assert path.read_bytes() == before
