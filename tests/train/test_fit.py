"""When training stops, what it keeps, and what it says when the loss is no number."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from pipeline import backend
from pipeline.config import Augment
from pipeline.errors import DataError, ScanloomError
from pipeline.models import Intensities

backend.prepare()
keras = pytest.importorskip("keras")

from pipeline.tasks.classification.learning import cross_entropy  # noqa: E402
from pipeline.tasks.contract import Validation  # noqa: E402
from pipeline.train.augment import Augmentation  # noqa: E402 - needs Keras's environment
from pipeline.train.checkpoint import open_store  # noqa: E402
from pipeline.train.feed import Examples, make_batch  # noqa: E402
from pipeline.train.fit import Plan, State, fit  # noqa: E402
from pipeline.train.schedule import adamw, build_for  # noqa: E402
from pipeline.train.training_model import TrainingModel  # noqa: E402

SCANS = np.random.default_rng(0).normal(size=(6, 4, 4, 1)).astype(np.float32)


def trainer(learning_rate: float = 0.01) -> TrainingModel:
    keras.utils.set_random_seed(1)
    scan = keras.Input((4, 4, 1))
    features = keras.layers.Dropout(0.5)(keras.layers.Flatten()(scan))
    net = keras.Model(scan, keras.layers.Dense(2, name="logits")(features))
    model = TrainingModel(net, Augmentation(Augment(noise=0.1), Intensities((0.0,), (1.0,)), 1))
    optimizer = adamw(learning_rate=learning_rate, weight_decay=0.0, warmup_steps=0, steps=100)
    metrics = [keras.metrics.SparseCategoricalAccuracy(name="accuracy")]
    model.compile(
        optimizer=optimizer, loss=cross_entropy(label_smoothing=0.0), metrics=metrics, jit_compile=False
    )
    build_for(optimizer, net)
    return model


def examples(scans: np.ndarray = SCANS) -> Examples:
    return Examples(
        case_ids=tuple(f"case-{index}" for index in range(len(scans))),
        targets=np.arange(len(scans)) % 2,
        weights=np.ones(len(scans), np.float32),
        read=lambda index: scans[index],
    )


def losses(*values: float) -> Callable[[], Validation]:
    remaining: Iterator[float] = iter(values)
    return lambda: Validation(next(remaining), {"accuracy": 0.5, "auroc": 0.5})


def plan(*, epochs: int = 5, patience: int = 0, every: int = 100, average: float = 0.0) -> Plan:
    return Plan(
        epochs=epochs,
        batch_size=3,
        seed=1,
        patience=patience,
        checkpoint_every_steps=every,
        in_words=lambda numbers: "",
        average_steps=average,
    )


def fitted(folder: Path, model: TrainingModel, validate: Callable[[], Validation] | None, how: Plan) -> State:
    return fit(model, examples(), validate, plan=how, store=open_store(folder, "run", threads=2))


def test_training_stops_when_the_validation_loss_has_not_fallen_for_the_patience(tmp_path: Path) -> None:
    state = fitted(tmp_path, trainer(), losses(1.0, 0.5, 0.6, 0.7, 0.1), plan(patience=2))
    assert state.epochs_run == 4
    assert state.kept_epoch == 2
    assert [row["val_loss"] for row in state.history] == [1.0, 0.5, 0.6, 0.7]


def test_without_patience_all_epochs_are_trained_and_the_last_is_kept(tmp_path: Path) -> None:
    state = fitted(tmp_path, model := trainer(), losses(0.1, 0.5, 0.6, 0.7, 0.8), plan())
    assert (state.epochs_run, state.kept_epoch) == (5, 5)
    np.testing.assert_array_equal(state.kept_weights[0], model.net.get_weights()[0])


def test_with_patience_the_weights_of_the_best_epoch_are_kept(tmp_path: Path) -> None:
    best = fitted(tmp_path / "two", trainer(), losses(1.0, 0.5), plan(epochs=2))
    state = fitted(tmp_path / "five", model := trainer(), losses(1.0, 0.5, 0.9, 0.8, 0.7), plan(patience=9))
    assert (state.epochs_run, state.kept_epoch) == (5, 2)
    np.testing.assert_array_equal(state.kept_weights[0], best.kept_weights[0])
    assert (state.kept_weights[0] != model.net.get_weights()[0]).any()


def test_the_running_mean_of_the_weights_is_validated_and_kept(tmp_path: Path) -> None:
    """Two steps an epoch and a memory of ten: the mean of the first four is the plain mean of all four."""
    after = [kernel_after(step) for step in (1, 2, 3, 4)]
    model, seen = trainer(), []

    def validate() -> Validation:
        seen.append(model.net.get_weights()[0])
        return Validation(0.5, {})

    state = fitted(tmp_path / "mean", model, validate, plan(epochs=2, average=10))
    np.testing.assert_allclose(state.kept_weights[0], np.mean(after, axis=0), rtol=1e-4, atol=1e-6)
    np.testing.assert_array_equal(seen[1], state.kept_weights[0])
    np.testing.assert_array_equal(model.net.get_weights()[0], after[3])  # trained on as if there were no mean


def kernel_after(steps: int) -> np.ndarray:
    """The kernel after so many steps, trained by hand."""
    model = trainer()
    for step in range(steps):
        batch = make_batch(examples(), step, seed=1, batch_size=3)
        model.train_on_batch(batch.inputs, batch.targets, sample_weight=batch.weights)
    kernel: np.ndarray = model.net.get_weights()[0]
    return kernel


def test_a_memory_of_one_step_is_the_weights_themselves(tmp_path: Path) -> None:
    plain = fitted(tmp_path / "plain", trainer(), losses(0.5), plan(epochs=1))
    mean = fitted(tmp_path / "mean", trainer(), losses(0.5), plan(epochs=1, average=1))
    np.testing.assert_allclose(mean.kept_weights[0], plain.kept_weights[0], rtol=1e-6)


def test_without_a_part_to_validate_on_the_last_epoch_is_kept(tmp_path: Path) -> None:
    state = fitted(tmp_path, model := trainer(), None, plan(epochs=3))
    assert state.kept_epoch == 3
    assert [row["val_loss"] for row in state.history] == [None] * 3
    np.testing.assert_array_equal(state.kept_weights[0], model.net.get_weights()[0])


def test_a_state_is_kept_every_so_many_steps_and_at_the_end(tmp_path: Path) -> None:
    fitted(tmp_path, trainer(), losses(*[0.5] * 5), plan(every=4))
    assert sorted(path.name for path in tmp_path.glob("*.npz")) == [
        "state-00000008.npz",
        "state-00000010.npz",
    ]


def test_a_finished_run_is_not_trained_again(tmp_path: Path) -> None:
    first = fitted(tmp_path, trainer(), losses(1.0, 0.5, 0.6), plan(epochs=9, patience=1))
    again = fitted(tmp_path, trainer(), losses(), plan(epochs=9, patience=1))
    assert again.history == first.history
    np.testing.assert_array_equal(again.kept_weights[0], first.kept_weights[0])


def test_an_epoch_reports_its_mean_loss_its_speed_and_its_share_of_waiting(tmp_path: Path) -> None:
    (row,) = fitted(tmp_path, trainer(), losses(0.4), plan(epochs=1)).history
    assert row["epoch"] == 1
    assert 0.1 < row["loss"] < 3.0
    assert row["learning_rate"] == pytest.approx(0.01, rel=0.01)
    assert row["images_per_second"] == pytest.approx(6 / row["seconds"])
    assert 0.0 <= row["wait_share"] < 1.0


def test_a_scan_with_nan_stops_training_and_is_named(tmp_path: Path) -> None:
    broken = SCANS.copy()
    broken[4, 1, 1, 0] = np.nan
    store = open_store(tmp_path, "run", threads=2)
    with pytest.raises(DataError, match=r"learning rate 0\.01.*NaN or infinities: case-4"):
        fit(trainer(), examples(broken), losses(0.5), plan=plan(every=1), store=store)


def test_a_loss_that_explodes_stops_training_and_keeps_no_state_of_it(tmp_path: Path) -> None:
    huge = trainer(learning_rate=1e38)
    with pytest.raises(
        ScanloomError, match=r"learning rate 9.99e\+37.*Lower `train.learning_rate`"
    ) as caught:
        fitted(tmp_path, huge, losses(*[0.5] * 5), plan(every=1))
    assert caught.value.exit_code == 1
    kept = open_store(tmp_path, "run", threads=2).newest()
    assert kept is None or all(np.isfinite(array).all() for array in kept.arrays.values())


def test_a_validation_loss_that_is_no_number_stops_training(tmp_path: Path) -> None:
    with pytest.raises(ScanloomError, match="validation loss is not a finite number after epoch 1"):
        fitted(tmp_path, trainer(), losses(float("nan")), plan())
