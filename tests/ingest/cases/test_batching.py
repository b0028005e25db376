from __future__ import annotations

import random
from dataclasses import replace

from pipeline.ingest.cases.batching import batches, shard_name
from pipeline.ingest.cases.case_plan import CasePlan
from pipeline.ingest.series.frames import Frame, Volume
from pipeline.records import Geometry


def plans(plane: Frame, count: int, shape: tuple[int, ...] = (16, 12)) -> list[CasePlan]:
    volume = Volume((plane,), Geometry((1.0,) * len(shape)), shape)
    return [CasePlan(f"c{i:05d}", volume, {"s": f"t{i}"}, "HU") for i in range(count)]


def test_batches_hold_every_case_once_in_order_whatever_the_order_given(plane: Frame) -> None:
    made = plans(plane, 2000)
    cut = list(batches(made))
    assert [case.case_id for batch in cut for case in batch] == [case.case_id for case in made]
    random.Random(1).shuffle(made)
    assert list(batches(made)) == cut
    assert 3 <= len(cut) <= 20  # 256 cases each on average


def test_what_is_left_after_some_batches_are_done_is_cut_as_before(plane: Frame) -> None:
    made = plans(plane, 2000)
    cut = list(batches(made))
    done = {case.case_id for batch in cut[1::2] for case in batch}
    assert list(batches([case for case in made if case.case_id not in done])) == cut[::2]


def test_large_cases_make_small_batches(plane: Frame) -> None:
    volumes = list(batches(plans(plane, 20, (64, 512, 512))))  # 32 MiB each
    assert len(volumes) == 20


def test_a_shard_is_named_by_what_goes_into_it(plane: Frame) -> None:
    made = plans(plane, 2)
    name = shard_name(made, {"t0": "a", "t1": "b"})
    assert name == shard_name(made, {"t0": "a", "t1": "b", "t2": "c"})
    assert name != shard_name(made, {"t0": "a", "t1": "changed"})
    assert name != shard_name([replace(made[0], unit="PCT"), made[1]], {"t0": "a", "t1": "b"})
    assert name.startswith("shard-") and name.endswith(".npy")
