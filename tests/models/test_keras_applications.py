"""Backbones with weights from a file: what they see, and what is said of a file that isn't theirs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pipeline import backend
from pipeline.errors import UsageError
from pipeline.models import Intensities, network
from pipeline.models.keras_applications import BACKBONES, Parameters, unfit

backend.prepare()
keras = pytest.importorskip("keras")

from pipeline.models.classifier import build  # noqa: E402 - needs Keras's environment

SHAPE = (40, 44, 1)
MEAN, STD = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])  # of ImageNet's red, green, blue


def classifier(shape: tuple[int, ...] = SHAPE, **given: Any) -> Any:
    statistics = Intensities((100.0,) * shape[-1], (20.0,) * shape[-1])
    return build(network("keras_applications", given), shape, 2, intensities=statistics, dropout=0.0)


def original(name: str) -> Any:
    """The network of keras.applications by itself, random weights, taking (rows, columns, 3)."""
    keras.utils.set_random_seed(3)
    more = {"include_preprocessing": False} if name == "EfficientNetV2B0" else {}
    model = getattr(keras.applications, name)(
        include_top=False, weights=None, input_shape=(*SHAPE[:2], 3), **more
    )
    model.set_weights([weight + 0.001 for weight in model.get_weights()])
    return model


def test_every_backbone_has_a_name_in_the_parameters() -> None:
    assert list(Parameters.model_fields["backbone"].annotation.__args__) == sorted(BACKBONES)


# keras.applications' own preparation of a picture from 0 to 255 is the oracle. `resnet50` takes blue first.
PREPARED = {
    "densenet121": "densenet",
    "mobilenet_v2": "mobilenet_v2",
    "resnet50": "resnet",
    "resnet50_v2": "resnet_v2",
}


@pytest.mark.slow
@pytest.mark.parametrize("backbone", sorted(PREPARED))
def test_a_colour_scan_is_seen_as_the_picture_that_imagenet_would_hold(tmp_path: Path, backbone: str) -> None:
    weights = tmp_path / "of imagenet.weights.h5"
    alone = original(BACKBONES[backbone][0])
    alone.save_weights(weights)
    model = classifier((*SHAPE[:2], 3), backbone=backbone, weights=str(weights))
    standard = np.random.default_rng(0).normal(size=(2, *SHAPE[:2], 3)).astype(np.float32)
    picture = (255 * (MEAN + STD * standard)).astype(np.float32)
    prepared = getattr(keras.applications, PREPARED[backbone]).preprocess_input(picture.copy())
    features = keras.Model(model.input, model.get_layer("last_features").output)
    expected = np.asarray(alone(prepared))
    np.testing.assert_allclose(features(100 + 20 * standard), expected, atol=1e-3 * np.abs(expected).max())


def test_a_grey_scan_is_seen_as_a_grey_picture_with_published_weights(tmp_path: Path) -> None:
    alone = original("MobileNetV2")
    alone.save(tmp_path / "published.h5")  # the older layout, which published files have
    model = classifier(weights=str(tmp_path / "published.h5"))
    standard = np.random.default_rng(0).normal(size=(2, *SHAPE)).astype(np.float32)
    picture = (255 * (MEAN + STD * standard)).astype(np.float32)
    features = keras.Model(model.input, model.get_layer("last_features").output)
    expected = np.asarray(alone(keras.applications.mobilenet_v2.preprocess_input(picture)))
    np.testing.assert_allclose(features(100 + 20 * standard), expected, atol=1e-3 * np.abs(expected).max())


def test_a_file_that_lacks_weights_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "some.weights.h5"
    alone = original("MobileNetV2")
    alone.layers[1].kernel.assign(np.full(alone.layers[1].kernel.shape, np.nan))
    alone.save_weights(path)
    with pytest.raises(UsageError, match="holds no weights of mobilenet_v2"):
        classifier(weights=str(path))


@pytest.mark.parametrize("suffix", [".weights.h5", ".h5", ".keras", ""])
def test_a_file_that_holds_no_weights_is_refused_in_a_sentence(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"weights{suffix}"
    path.write_bytes(b"no weights at all")
    with pytest.raises(UsageError, match="holds no weights of mobilenet_v2 without its top"):
        classifier(weights=str(path))


@pytest.mark.parametrize(
    "name", ["of another.h5", pytest.param("of another.weights.h5", marks=pytest.mark.slow)]
)
def test_weights_of_another_backbone_are_refused(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    alone = original("ResNet50V2")
    alone.save_weights(path) if name.endswith(".weights.h5") else alone.save(path)
    with pytest.raises(UsageError, match=r"or another `train\.backbone`"):
        classifier(weights=str(path))


def test_without_a_file_it_begins_at_random() -> None:
    keras.utils.set_random_seed(1)
    one = classifier().get_weights()
    keras.utils.set_random_seed(2)
    assert (one[0] != classifier().get_weights()[0]).any()


@pytest.mark.parametrize(
    ("shape", "words"),
    [
        ((40, 40, 40, 1), "takes images, no volumes"),
        ((31, 64, 1), "takes images of 32 pixels an axis at least"),
        ((64, 64, 2), "takes images of 1 or 3 channels"),
    ],
)
def test_what_it_cannot_take_is_said(shape: tuple[int, ...], words: str) -> None:
    assert unfit(shape) == words
