"""A training step of ours beside a plain loop of PyTorch over the same networks.

Run as `python -m bench.step`; PyTorch is an extra of this measurement alone (`make bench ONLY=step` installs
it). Two threads each, in turns, without augmentation, which PyTorch's loop has none of.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from typing import Any, Final

import numpy as np

from bench.project import row
from bench.race import race, ratio, serve

THREADS: Final = 2
NO_PYTORCH: Final = """\
      PyTorch is not installed here, so ours is measured alone. Its build for CPUs is on PyTorch's own index:
      give the address that pytorch.org shows for pip and CPU as PIP_EXTRA_INDEX_URL, and run
      `make bench ONLY=step` again, which installs requirements-bench.lock."""
ROUNDS: Final = 5
STEPS: Final = 20
BATCHES: Final = {"resnet": (32, 128, 128, 1), "unet": (2, 40, 56, 40, 1)}
"""Of a network: scans of the chest radiographs' recipe, and patches of a small organ."""
CLASSES: Final = {"resnet": 2, "unet": 3}
BARS: Final = {"resnet": 1.2, "unet": 1.1}
OURS: Final = {"ours": "float32", "ours in 16 bits": "mixed_bfloat16"}
THEIRS: Final = {"PyTorch": "float32", "PyTorch in 16 bits": "bfloat16"}


def made_up(network: str) -> tuple[Any, Any]:
    """Scans of noise `(batch, *space, channels)`, and a class for each scan or each of its voxels."""
    generator = np.random.default_rng(0)
    shape = BATCHES[network]
    places = shape[:1] if network == "resnet" else shape[:-1]
    scans = generator.normal(size=shape).astype(np.float32)
    return scans, generator.integers(0, CLASSES[network], places)


def trainer(network: str, policy: str) -> Any:
    """The network in the training model, compiled as `train` compiles it."""
    import keras

    from pipeline import backend
    from pipeline.config import Augment
    from pipeline.models import Intensities
    from pipeline.tasks.classification.learning import cross_entropy
    from pipeline.train import normalization, schedule
    from pipeline.train.augment import Augmentation
    from pipeline.train.training_model import TrainingModel

    backend.seed_everything(1, order="fixed")
    statistics = Intensities((0.0,), (1.0,))
    keras.config.set_dtype_policy(policy)
    net = NETWORKS[network](statistics)
    keras.config.set_dtype_policy("float32")
    normalization.fuse(net)
    model = TrainingModel(net, Augmentation(Augment(), statistics, 1))
    optimizer = schedule.adamw(learning_rate=0.001, weight_decay=0.0001, warmup_steps=10, steps=10_000)
    loss = _of_voxels if network == "unet" else cross_entropy(label_smoothing=0.0)
    accuracy = keras.metrics.SparseCategoricalAccuracy(name="accuracy")
    model.compile(optimizer=optimizer, loss=loss, metrics=[accuracy], jit_compile=False)
    schedule.build_for(optimizer, net)
    return model


def _of_voxels(truth: Any, logits: Any) -> Any:
    """The mean cross entropy of each patch's voxels, shape (batch,)."""
    from keras import ops

    losses = ops.sparse_categorical_crossentropy(truth, logits, from_logits=True)
    return ops.mean(losses, axis=(1, 2, 3))


def _resnet(statistics: Any) -> Any:
    from pipeline.models import classifier
    from pipeline.models import network as named

    shape, outputs = BATCHES["resnet"][1:], CLASSES["resnet"]
    return classifier.build(named("resnet", {}), shape, outputs, intensities=statistics, dropout=0.2)


def _unet(statistics: Any) -> Any:
    from pipeline.models import Scans, segmenter
    from pipeline.models import network as named

    scans = Scans(BATCHES["unet"][1:], statistics)
    return segmenter.build(named("unet", {"supervised": 1}), scans, CLASSES["unet"], dropout=0.0)


NETWORKS: Final[dict[str, Callable[[Any], Any]]] = {"resnet": _resnet, "unet": _unet}


def our_step(network: str, policy: str) -> Callable[[], object]:
    """A step of `train` on one batch held in memory."""
    from pipeline import backend

    backend.start(THREADS)
    model, (scans, truth) = trainer(network, policy), made_up(network)
    case = np.arange(len(scans), dtype=np.uint32)
    weights = np.ones(len(scans), np.float32)
    inputs = {"scans": scans, "case": case, "step": np.zeros_like(case)}
    return lambda: model.train_on_batch(inputs, truth, sample_weight=weights, return_dict=True)


def their_step(network: str, precision: str) -> Callable[[], object]:
    """A step of PyTorch on the same batch."""
    torch_networks: Any = import_module("bench.torch_networks")
    torch_networks.use_threads(THREADS)
    step: Callable[[], object] = torch_networks.step(network, *made_up(network), precision=precision)
    return step


def measure(network: str) -> None:
    """Prints what a step takes, and how many times as long as PyTorch's ours is."""
    runners = {name: ("bench.step", "ours", network, policy) for name, policy in OURS.items()}
    if find_spec("torch"):
        runners |= {name: ("bench.step", "theirs", network, kind) for name, kind in THEIRS.items()}
    else:
        print(NO_PYTORCH)
    taken = race(runners, rounds=ROUNDS, steps=STEPS)
    for name, each in taken.items():
        row(
            f"{network}: a step, {name}, ms (CPU ms)",
            f"{each.median_wall:.0f} ({np.median(each.cpu):.0f})",
            "none",
            True,
        )
    for name, rival in zip(OURS, THEIRS, strict=True):
        if rival not in taken:
            continue
        wall, cpu = ratio(taken[name].wall, taken[rival].wall), ratio(taken[name].cpu, taken[rival].cpu)
        bar = BARS[network]
        row(f"{network}: {name} over {rival} (of CPU)", f"{wall:.2f} ({cpu:.2f})", f"<= {bar}", wall <= bar)


def main(arguments: list[str]) -> None:
    """Measures both networks, or serves the steps of one as a runner."""
    if arguments:
        whose, network, precision = arguments
        serve((our_step if whose == "ours" else their_step)(network, precision))
        return
    for network in BATCHES:
        measure(network)


if __name__ == "__main__":
    main(sys.argv[1:])
