"""A network that marks voxels, asked about whole scans: against a network that is known by heart."""

from __future__ import annotations

from pathlib import Path

import handed_on
import numpy as np
import pandas as pd
import pytest

from pipeline import backend, digests, scoring
from pipeline.arrays import ShardWriter
from pipeline.contracts import predicted_masks
from pipeline.contracts.normalized import Grid, Grids, grids_of
from pipeline.contracts.unopened import Unopened
from pipeline.errors import DamageError
from pipeline.places import own
from pipeline.records import Case, Geometry, Mask, Stored
from pipeline.tasks.segmentation import answers
from pipeline.tasks.segmentation.answers import Frozen
from pipeline.tasks.segmentation.asking import NO_PLACE, ask, largest_piece, without_strays
from pipeline.tasks.segmentation.structures import Structures

backend.prepare()
keras = pytest.importorskip("keras")

BOTH = Structures(("lung", "nodule"))
NESTED = Structures(("lung", "nodule"), exclusive=False)
TILE = (4, 4, 4)
# Background, lung above 10, nodule above 110; where they may overlap: lung above 10, nodule above 110.
WEIGHTS = {True: ([0.0, 1.0, 2.0], [0.0, -10.0, -120.0]), False: ([1.0, 1.0], [-10.0, -110.0])}


def model_in(folder: Path, question: Structures) -> scoring.Scorer:
    kernel, bias = WEIGHTS[question.exclusive]
    scan = keras.Input((*TILE, 1))
    layer = keras.layers.Conv3D(len(kernel), 1, name="logits")
    net = keras.Model(scan, layer(scan))
    layer.set_weights([np.array(kernel, np.float32).reshape(1, 1, 1, 1, -1), np.array(bias, np.float32)])
    net.save(folder / "model.keras")
    handed_on.model_in(
        folder,
        task="segmentation",
        question=Unopened(question.to_json()),
        input_shape=(*TILE, 1),
        model_sha256=digests.of_file(folder / "model.keras"),
    )
    return scoring.load(folder)


def case_of(stored: Stored, spacing: tuple[float, ...] = (2.0, 1.0, 1.0)) -> Case:
    return Case("case", "pat", "study", "series", "CT", "HU", 1, Geometry(spacing), stored, "digest")


def scans_in(folder: Path, values: np.ndarray, truth: dict[str, np.ndarray], *, place=None) -> scoring.Scans:
    """One case whose array is `values`, at a place of a native grid that the masks of `truth` have."""
    with ShardWriter(folder / "arrays/shard.npy") as writer:
        array = writer.append(values[..., None].astype(np.float16))
    place = own(3) if place is None else place
    grids_of(folder / "arrays/shard.npy").write(
        folder / "arrays", Grids({"case": Grid((2.0, 1.0, 1.0), place)})
    )
    with ShardWriter(folder / "native/shard.npy") as writer:
        native = writer.append(np.zeros(next(iter(truth.values())).shape, np.int16))
        masks = {name: writer.append(mask.astype(np.uint8)) for name, mask in truth.items()}
    marks = tuple(Mask("case", name, "token", stored) for name, stored in masks.items())
    return scoring.Scans(
        {"case": array}, folder / "arrays", {"case": case_of(native)}, {"case": marks}, folder / "native",
        folder / predicted_masks.FOLDER,
    )  # fmt: skip


def blocks(shape: tuple[int, ...] = (6, 7, 9)) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Intensities of a lung with a nodule in it, and which voxels are of lung alone and of nodule."""
    values = np.zeros(shape)
    values[1:5, 1:6, 2:8] = 50
    values[2:4, 2:4, 3:5] = 200
    return values, values == 50, values == 200


def test_every_voxel_of_a_scan_larger_than_the_network_takes_has_its_target(tmp_path: Path) -> None:
    values, lung, nodule = blocks()
    scans = scans_in(tmp_path, values, {"lung": lung, "nodule": nodule})
    found = ask(model_in(tmp_path, BOTH), ["case"], scans, shown="evaluate")
    assert found.reasons == ("",)
    np.testing.assert_array_equal(found.outputs[0].predicted(), lung + 2 * nodule)
    np.testing.assert_array_equal(found.outputs[0].truth("nodule"), nodule)


def test_targets_that_may_overlap_are_told_each_by_itself(tmp_path: Path) -> None:
    values, lung, nodule = blocks()
    scans = scans_in(tmp_path, values, {"lung": lung | nodule, "nodule": nodule})
    found = ask(model_in(tmp_path, NESTED), ["case"], scans, shown="evaluate")
    np.testing.assert_array_equal(found.outputs[0].predicted(), (lung | nodule) + 2 * nodule)


def test_what_was_marked_on_a_coarser_array_lies_on_the_scans_own_grid(tmp_path: Path) -> None:
    native = np.zeros((6, 8, 10), np.bool_)
    native[2:4, 4:6, 6:8] = True
    coarse = np.zeros((3, 4, 5))
    coarse[1, 2, 3] = 50  # each voxel of it stands for 2 x 2 x 2, the first for voxels 0 and 1
    scans = scans_in(tmp_path, coarse, {"lung": native}, place=((2.0, 0.5),) * 3)
    found = ask(model_in(tmp_path, BOTH), ["case"], scans, shown="evaluate")
    np.testing.assert_array_equal(found.outputs[0].predicted(), native)


def test_cases_that_can_not_be_asked_say_why(tmp_path: Path) -> None:
    values, lung, _ = blocks()
    scans = scans_in(tmp_path, values, {"lung": lung})
    flat = scoring.Scans(
        {"case": Stored("shard.npy", 0, 1, "<f2", (6, 7, 1), 0)},
        scans.normalized,
        scans.cases,
        {},
        tmp_path,
        tmp_path,
    )
    scorer = model_in(tmp_path, BOTH)
    assert ask(scorer, ["gone"], scans, shown="evaluate").reasons == (scoring.NO_ARRAY,)
    assert ask(scorer, ["case"], flat, shown="evaluate").reasons == (scoring.OTHER_SHAPE,)
    grids_of(tmp_path / "arrays/shard.npy").write(tmp_path / "arrays", Grids({}))
    assert ask(scorer, ["case"], scans, shown="evaluate").reasons == (NO_PLACE,)


def test_a_value_that_is_no_number_gives_no_mask(tmp_path: Path) -> None:
    values, lung, _ = blocks()
    values[0, 0, 0] = np.nan
    scans = scans_in(tmp_path, values, {"lung": lung})
    found = ask(model_in(tmp_path, BOTH), ["case"], scans, shown="evaluate")
    assert found.reasons == (scoring.NOT_FINITE,)
    assert not found.outputs[0].predicted().any()  # what its masks hold was missed


def test_a_file_of_masks_that_was_cut_off_is_damaged(tmp_path: Path) -> None:
    values, lung, _ = blocks()
    scans = scans_in(tmp_path, values, {"lung": lung})
    marked = ask(model_in(tmp_path, BOTH), ["case"], scans, shown="evaluate").outputs[0]
    path = predicted_masks.path(scans.kept, "case")
    path.write_bytes(path.read_bytes()[:40])
    with pytest.raises(DamageError, match=r"masks/case.npz is damaged"):
        marked.predicted()


def test_the_table_says_what_was_measured_on_the_scans_own_grid(tmp_path: Path) -> None:
    values, lung, nodule = blocks()
    shifted = np.roll(nodule, 1, axis=2)
    scans = scans_in(tmp_path, values, {"lung": lung, "nodule": shifted})
    found = ask(model_in(tmp_path, BOTH), ["case", "gone"], scans, shown="evaluate")
    cases = pd.DataFrame(
        {"case_id": ["case", "gone"], "patient_id": ["pat", "pat"], "part": "test", "truth": ["1|1", "1|0"]}
    )
    table = answers.table(cases, found.outputs, found.reasons, question=BOTH, fixed=Frozen(tolerance_mm=1.0))
    row = table.iloc[0]
    assert (row["predicted"], row["status"]) == ("1|1", "ok")
    assert (row["dice_lung"], row["hd95_mm_lung"], row["nsd_lung"]) == ("1", "0", "1")
    # Eight voxels of 2 mm3, half of them shifted out: 4 common ones of 8 each.
    assert row["dice_nodule"] == "0.5"
    assert row["volume_truth_ml_nodule"] == row["volume_predicted_ml_nodule"] == "0.016"
    assert table.iloc[1]["status"] == "failed"
    assert set(table.iloc[1][[name for name in table if name.startswith(("dice", "volume"))]]) == {""}


def test_a_structure_that_is_unknown_has_a_volume_and_no_agreement(tmp_path: Path) -> None:
    values, lung, _ = blocks()
    scans = scans_in(tmp_path, values, {"lung": lung})
    found = ask(model_in(tmp_path, BOTH), ["case"], scans, shown="evaluate")
    cases = pd.DataFrame({"case_id": ["case"], "patient_id": ["pat"], "part": ["test"], "truth": ["1|"]})
    row = answers.table(cases, found.outputs, found.reasons, question=BOTH, fixed=Frozen()).iloc[0]
    assert (row["dice_nodule"], row["volume_truth_ml_nodule"], row["volume_predicted_ml_nodule"]) == (
        "",
        "",
        "0.016",
    )


def test_only_the_largest_piece_is_kept_of_targets_that_are_cleaned() -> None:
    bits = np.zeros((3, 9), np.uint8)
    bits[1, 0:3] = 1
    bits[1, 5] = 3
    bits[1, 8] = 2
    cleaned = without_strays(bits, BOTH, ["lung"])
    assert cleaned[1].tolist() == [1, 1, 1, 0, 0, 2, 0, 0, 2]
    assert bits[1, 5] == 3
    np.testing.assert_array_equal(largest_piece(bits == 9), np.zeros((3, 9), np.bool_))
