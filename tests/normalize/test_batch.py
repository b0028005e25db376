from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from pipeline.arrays import Shards
from pipeline.catalogue import Catalogue
from pipeline.errors import ConfigError, DamageError
from pipeline.normalize.batch import Batch, normalize
from pipeline.normalize.recipe import parse


@pytest.fixture
def batch(analysis) -> Batch:
    """Three images, the second without contrast."""
    images = {
        "c1": np.array([[0, 10]], np.int16),
        "c2": np.array([[5, 5]], np.int16),
        "c3": np.array([[3, 1]], np.int16),
    }
    analysis.add(images)
    recipe = parse([{"min_max": {}}], lambda keys, message: ConfigError(message))
    with Catalogue(analysis.workspace.catalogue) as catalogue:
        cases = tuple(catalogue.cases())
    return Batch(recipe, cases, analysis.workspace.cases, analysis.workspace.normalized)


def test_a_batch_becomes_one_shard_of_arrays_with_a_channel_axis(batch: Batch) -> None:
    outcome = normalize(batch)
    shards = Shards(batch.folder)
    arrays = {case.case_id: shards.read(stored) for case, stored in outcome.arrays}
    assert sorted(arrays) == ["c1", "c3"]
    assert arrays["c1"].dtype == np.float16
    np.testing.assert_array_equal(arrays["c1"], [[[0], [1]]])
    np.testing.assert_array_equal(arrays["c3"], [[[1], [0]]])


def test_a_refused_scan_is_told_with_its_reason_and_harms_no_other(batch: Batch) -> None:
    (refusal,) = normalize(batch).refused
    assert (refusal.case_id, refusal.reason) == ("c2", "constant_image")
    assert refusal.detail == "min_max needs contrast, and every value is 5"


def test_the_shard_is_the_same_whoever_writes_it(batch: Batch) -> None:
    normalize(batch)
    first = batch.shard.read_bytes()
    batch.shard.unlink()
    normalize(batch)
    assert batch.shard.read_bytes() == first


def test_the_name_of_a_shard_tells_scans_and_recipes_apart(batch: Batch) -> None:
    fewer = dataclasses.replace(batch, cases=batch.cases[:1])
    other = dataclasses.replace(batch.cases[0], pixel_digest="changed")
    changed = dataclasses.replace(batch, cases=(other, *batch.cases[1:]))
    assert len({batch.shard, fewer.shard, changed.shard}) == 3


def test_one_flipped_bit_of_a_native_voxel_is_found(batch: Batch) -> None:
    shard = batch.native / batch.cases[0].stored.shard
    data = bytearray(shard.read_bytes())
    data[128] ^= 1  # the first voxel behind the header
    shard.write_bytes(data)
    with pytest.raises(DamageError, match=r"array of case c1 .* is damaged.*make clean"):
        normalize(batch)
    assert not batch.shard.exists()
