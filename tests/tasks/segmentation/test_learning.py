"""Loss, overlaps and validation of structures, against numbers worked out by other means."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from pipeline import backend
from pipeline.config import Train
from pipeline.errors import DataError
from pipeline.tasks.segmentation.structures import Structures

backend.prepare()
keras = pytest.importorskip("keras")

from pipeline.tasks.segmentation import learning  # noqa: E402 - needs Keras's environment
from pipeline.tasks.segmentation.network import averaged, outputs, probabilities  # noqa: E402

APART = Structures(("front", "back"))
NESTED = Structures(("front", "back"), exclusive=False)
BOTH_KNOWN = np.array([[1, 1]], np.int8)


def loss(bits: Any, cells: Any, logits: Any, **settings: Any) -> np.ndarray:
    of_case = learning.loss(Train(**settings), np.asarray(cells, np.int8))
    levels = [keras.ops.convert_to_tensor(np.asarray(each, np.float32)) for each in logits]
    target = keras.ops.convert_to_tensor(np.asarray(bits, np.uint8)), np.asarray(cells, np.int8)
    return np.asarray(of_case(target, levels if len(levels) > 1 else levels[0]))


def sure(bits: np.ndarray, question: Structures, by: float = 50.0) -> np.ndarray:
    """Logits of a network that is sure of the truth."""
    flags = np.stack([bits & 1 > 0, bits & 2 > 0], axis=-1)
    if not question.exclusive:
        return np.where(flags, by, -by)
    return np.where(np.concatenate([~flags.any(axis=-1, keepdims=True), flags], axis=-1), by, 0.0)


def test_cells_become_there_absent_and_unknown() -> None:
    assert learning.targets(["1|0", "|1"], APART).tolist() == [[1, 0], [-1, 1]]
    assert learning.targets([], APART).shape == (0, 2)


@pytest.mark.parametrize("question", [APART, NESTED], ids=["apart", "nested"])
def test_a_network_that_is_sure_of_the_truth_loses_nothing(question: Structures) -> None:
    bits = np.random.default_rng(0).integers(0, 3 if question.exclusive else 4, (2, 6, 7)).astype(np.uint8)
    cells = np.ones((2, 2), np.int8)
    assert loss(bits, cells, [sure(bits, question)]) == pytest.approx([0, 0], abs=1e-5)
    assert (loss(bits, cells, [-sure(bits, question)]) > 2).all()


def test_the_loss_of_one_softmax_is_the_mean_cross_entropy_and_the_lack_of_dice() -> None:
    rng = np.random.default_rng(1)
    bits, logits = rng.integers(0, 3, (1, 4, 5)).astype(np.uint8), rng.normal(size=(1, 4, 5, 3))
    shares = np.exp(logits) / np.exp(logits).sum(axis=-1, keepdims=True)
    entropy = -np.log(np.take_along_axis(shares, bits[..., None].astype(int), axis=-1)).mean()
    dice = []
    for index in (1, 2):
        truth, said = (bits == index).astype(float), shares[..., index]
        dice.append((2 * (truth * said).sum() + 1) / (truth.sum() + said.sum() + 1))
    assert loss(bits, BOTH_KNOWN, [logits]) == pytest.approx(
        [entropy + np.mean(1 - np.array(dice))], rel=1e-5
    )
    by_logarithm = loss(bits, BOTH_KNOWN, [logits], dice="log")
    assert by_logarithm == pytest.approx([entropy - np.log(dice).mean()], rel=1e-5)


def test_by_logarithm_a_structure_that_nearly_vanished_still_pulls_at_its_voxels() -> None:
    """Of 20,000 voxels 40 are the back's, and the network gives it a thousandth of every voxel."""
    bits = np.zeros((1, 100, 200), np.uint8)
    bits[0, :50], bits[0, 70:74, 90:100] = 1, 2
    logits = np.log(np.array([0.5, 0.499, 0.001])) * np.ones((1, 100, 200, 1))

    def gained(dice: str) -> float:
        """What a little more of it where it is takes off the loss."""
        more = logits + np.where(bits[..., None] == 2, [0, 0, 0.1], 0)
        before, after = (loss(bits, BOTH_KNOWN, [each], dice=dice)[0] for each in (logits, more))
        return float(before - after)

    # By the cross-entropy alone 0.0002, a tenth in 40 of 20,000 voxels.
    assert gained("linear") < 0.0005
    assert gained("log") > 0.003


def test_the_loss_of_targets_that_overlap_is_binary_each() -> None:
    rng = np.random.default_rng(2)
    bits, logits = rng.integers(0, 4, (1, 4, 5)).astype(np.uint8), rng.normal(size=(1, 4, 5, 2))
    truth = np.stack([bits & 1, bits >> 1], axis=-1).astype(float)
    shares = 1 / (1 + np.exp(-logits))
    entropy = -(truth * np.log(shares) + (1 - truth) * np.log(1 - shares)).mean()
    sums = [each.sum(axis=(0, 1, 2)) for each in (truth * shares, truth, shares)]
    lack = (1 - (2 * sums[0] + 1) / (sums[1] + sums[2] + 1)).mean()
    assert loss(bits, BOTH_KNOWN, [logits]) == pytest.approx([entropy + lack], rel=1e-5)


@pytest.mark.parametrize("question", [APART, NESTED], ids=["apart", "nested"])
def test_a_structure_that_is_unknown_is_held_against_nobody(question: Structures) -> None:
    bits = np.zeros((1, 4, 4), np.uint8)
    bits[0, 0] = 1
    says_back, says_none = sure(bits, question), sure(bits, question)
    says_back[0, 3] = sure(np.full((1, 4), 2, np.uint8), question)[0]  # back where the truth has nothing
    known, unknown = [[1, 1]], [[1, -1]]
    assert loss(bits, unknown, [says_back]) == pytest.approx([0], abs=1e-5)
    assert loss(bits, unknown, [says_none]) == pytest.approx([0], abs=1e-5)
    assert loss(bits, known, [says_back])[0] > 1
    says_back[0, 0] = sure(np.full((1, 4), 2, np.uint8), question)[0]  # and where a known one is
    assert loss(bits, unknown, [says_back])[0] > 1


def test_coarser_levels_weigh_half_each_and_see_the_middle_of_each_block() -> None:
    bits = np.zeros((1, 9, 8), np.uint8)
    bits[0, 4:7] = 1
    # The last block of nine rows is the ninth alone, which is then its middle.
    halves, quarters = bits[:, [1, 3, 5, 7, 8]][:, :, [1, 3, 5, 7]], bits[:, [2, 6, 8]][:, :, [2, 6]]
    assert (halves[0, :, 0].tolist(), quarters[0, :, 0].tolist()) == ([0, 0, 1, 0, 0], [0, 1, 0])
    levels = [sure(each, APART) for each in (bits, halves, quarters)]
    assert [level.shape[1:3] for level in levels] == [(9, 8), (5, 4), (3, 2)]
    assert loss(bits, BOTH_KNOWN, levels) == pytest.approx([0], abs=1e-5)
    wrong = [level * -1 for level in levels]
    each = [
        loss(truth, BOTH_KNOWN, [level])[0]
        for truth, level in zip((bits, halves, quarters), wrong, strict=True)
    ]
    for place, share in enumerate((4 / 7, 2 / 7, 1 / 7)):
        mixed = [*levels[:place], wrong[place], *levels[place + 1 :]]
        assert loss(bits, BOTH_KNOWN, mixed)[0] == pytest.approx(share * each[place], rel=1e-4)


def test_a_structure_of_the_highest_bit_is_learned_as_any_other() -> None:
    names = tuple(f"s{number:02d}" for number in range(32))
    bits = np.zeros((1, 2, 2), np.uint32)
    bits[0, 0] = 1 << 31
    said = learning.overlaps(Structures(names, exclusive=False))
    assert said is not None
    logits = np.full((1, 2, 2, 32), -9.0, np.float32)
    logits[0, 0, :, 31] = 9.0
    sums = np.asarray(said(bits, logits, np.ones((1, 2, 2), np.uint8)))
    assert sums[0, 31].tolist() == [2, 2, 2]
    assert not sums[0, :31].any()


@pytest.mark.parametrize("question", [APART, NESTED], ids=["apart", "nested"])
def test_overlaps_are_counted_where_voxels_count(question: Structures) -> None:
    bits = np.array([[[1, 1, 0, 2]]], np.uint8)
    said = np.array([[[1, 0, 2, 2]]], np.uint8)
    count = learning.overlaps(question)
    assert count is not None
    sums = count(bits, sure(said, question).astype(np.float32), np.ones((1, 1, 4), np.uint8))
    assert np.asarray(sums).tolist() == [[[1, 1, 2], [1, 2, 1]]]
    last = count(bits, sure(said, question).astype(np.float32), np.array([[[0, 0, 0, 1]]], np.uint8))
    assert np.asarray(last).tolist() == [[[0, 0, 0], [1, 1, 1]]]


def test_validation_is_one_less_the_mean_pooled_dice_of_what_is_known() -> None:
    overlaps = np.array([[[3, 4, 5], [0, 7, 0]], [[1, 2, 4], [2, 2, 4]]], np.float64)
    cells = np.array([[1, -1], [1, 1]], np.int8)
    found = learning.validated(overlaps, cells, np.ones(2), lambda truth, said: said)
    dice = (2 * 4 / (6 + 9) + 2 * 2 / (2 + 4)) / 2  # of the second structure the first scan knows nothing
    assert found.loss == pytest.approx(1 - dice)
    assert learning.in_words(found.numbers) == f", mean Dice {dice:.3f}"


def test_a_part_that_lacks_a_structure_is_refused() -> None:
    full = np.array([[1, 1]], np.int8)
    with pytest.raises(DataError, match="training part has no scan with 'back'"):
        learning.require(np.array([[1, 0]], np.int8), full, APART)
    with pytest.raises(DataError, match="validation part has no scan with any of the structures"):
        learning.require(full, np.array([[0, -1]], np.int8), APART)
    learning.require(full, np.array([[1, 0]], np.int8), APART)


@pytest.mark.parametrize("question", [APART, NESTED], ids=["apart", "nested"])
def test_networks_answer_together_by_the_mean_probability_of_every_voxel(question: Structures) -> None:
    rng = np.random.default_rng(3)
    each = [rng.normal(size=(1, 2, 3, 4, outputs(question))).astype(np.float32) for _ in range(3)]
    together = probabilities(averaged(each, question), question)
    expected = np.mean([np.asarray(probabilities(one, question)) for one in each], axis=0)
    np.testing.assert_allclose(np.asarray(together), expected, atol=1e-6)
    certain = averaged([np.full((1, 1, outputs(question)), -60.0, np.float32)] * 2, question)
    assert np.isfinite(np.asarray(certain)).all()
    assert not math.isnan(float(np.asarray(certain).sum()))
