"""Losses worked by hand, and a network that answers in the unit from its first step."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline import backend

backend.prepare()
pytest.importorskip("keras")

from pipeline import models  # noqa: E402 - needs Keras's environment
from pipeline.config.sections import Train  # noqa: E402
from pipeline.errors import DataError  # noqa: E402
from pipeline.models import Intensities, Scans  # noqa: E402
from pipeline.tasks.regression import learning, network  # noqa: E402
from pipeline.tasks.regression.quantity import Quantity  # noqa: E402

AGE = Quantity("age", "years")
TRAIN = np.array([40.0, 60.0, 80.0, 60.0])  # mean 60, SD sqrt(200)
SD = np.sqrt(200)


def test_the_loss_counts_errors_in_standard_deviations_of_the_training_part() -> None:
    outputs = np.array([[60 + 0.5 * SD], [60 - 3 * SD]], np.float32)
    truth = np.array([60.0, 60.0])
    losses = {
        name: np.asarray(learning.loss(Train(loss=name), TRAIN)(truth, outputs)) for name in learning.LOSSES
    }
    np.testing.assert_allclose(losses["huber"], [0.125, 2.5], rtol=1e-5)
    np.testing.assert_allclose(losses["squared"], [0.125, 4.5], rtol=1e-5)


def test_validation_has_the_trained_loss_and_errors_in_the_unit() -> None:
    loss = learning.loss(Train(), TRAIN)
    truth = np.array([50.0, 70.0])
    found = learning.validated(np.array([[53.0], [69.0]]), truth, np.ones(2), loss)
    assert found.loss == pytest.approx((0.5 * (3 / SD) ** 2 + 0.5 * (1 / SD) ** 2) / 2, rel=1e-5)
    assert found.numbers == pytest.approx({"mae": 2.0, "r2": 1 - 10 / 200})
    assert learning.in_words(found.numbers) == ", MAE 2"


@pytest.mark.parametrize(
    ("train", "said"), [([60.0, 60.0], "the value 60 alone"), ([], "no scan that can be used")]
)
def test_a_part_that_teaches_nothing_is_refused(train: list[float], said: str) -> None:
    with pytest.raises(
        DataError, match=f"The training part holds {said}, so nothing can be learned about 'age'"
    ):
        learning.require(np.array(train), np.array([50.0, 70.0]), AGE)


def test_a_fresh_network_says_the_mean_of_the_training_part_in_its_unit() -> None:
    net = network.build(
        models.network("plain_cnn", {"width": 4}),
        Scans((16, 16, 1), Intensities((0.0,), (1.0,))),
        AGE,
        dropout=0.0,
        targets=TRAIN,
    )
    scans = np.random.default_rng(0).normal(size=(3, 16, 16, 1)).astype(np.float32)
    assert np.asarray(net(scans)) == pytest.approx(np.full((3, 1), 60.0), abs=1e-4)
    head = net.get_layer("standardized")
    head.bias.assign([1.0])
    assert np.asarray(net(scans)) == pytest.approx(np.full((3, 1), 60 + SD), abs=1e-3)


def test_several_networks_answer_with_the_mean_of_their_numbers() -> None:
    outputs = [np.array([[50.0], [60.0]]), np.array([[54.0], [62.0]])]
    assert np.asarray(network.averaged(outputs, AGE)).tolist() == [[52.0], [61.0]]
