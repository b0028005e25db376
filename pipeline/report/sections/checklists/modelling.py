"""Answers about the model: what it is made of, how it was trained, what was fixed beforehand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pipeline.page.artifacts import Artifacts
from pipeline.page.facts import shown_value
from pipeline.provenance import framework
from pipeline.report.sections.card import in_words
from pipeline.report.sections.checklists.items import Answer


def technology(artifacts: Artifacts) -> Answer | None:
    """That it is deep learning, by the network's name."""
    name = artifacts.model.architecture
    return Answer(f"Deep learning: a convolutional network, '{name}'.", "card") if name else None


def use(artifacts: Artifacts) -> Answer | None:
    """The intended use as people stated it."""
    words = artifacts.config.report.intended_use
    return Answer(words, "card") if words else None


def goal(artifacts: Artifacts) -> Answer | None:
    """The goal that was fixed before the test part was opened."""
    headline = artifacts.metrics.headline
    if headline is None or headline.bound is None:
        return None
    side = "at least" if artifacts.task.measures.METRICS[headline.metric].better > 0 else "at most"
    return Answer(
        f"{artifacts.short(headline.metric)} of {side} {headline.bound:g}, fixed before the test part "
        "was opened: "
        f"{headline.outcome.replace('_', ' ')}.",
        "brief",
    )


def preprocessing(artifacts: Artifacts) -> Answer:
    """The recipe, step by step."""
    steps = ", ".join(in_words(step) for step in artifacts.model.recipe)
    return Answer(f"For every scan alike: {steps}; then the mean and spread of the training part.", "card")


def predictors(artifacts: Artifacts) -> Answer:
    """That the image alone is looked at."""
    shape = " × ".join(str(size) for size in artifacts.model.input_shape)
    modalities = ", ".join(artifacts.config.ingest.modalities)
    return Answer(f"The pixels of a scan alone ({modalities}; {shape}); no other variable.", "card")


def no_reader(artifacts: Artifacts) -> Answer:
    """That no person reads a predictor."""
    return Answer("no person reads a predictor: the pixels are taken as they are", "card", applies=False)


def network(artifacts: Artifacts) -> Answer | None:
    """The network with its settings."""
    model = artifacts.model
    if not model.architecture or model.parameters is None:
        return None
    shape = " × ".join(str(size) for size in model.input_shape)
    settings = _settings(model.network)
    return Answer(
        f"'{model.architecture}'{f' ({settings})' if settings else ''}, "
        f"{shown_value(model.parameters)} parameters, input "
        f"{shape}.",
        "card",
    )


def specification(artifacts: Artifacts) -> Answer:
    """The file of the model, by its digest."""
    return Answer(
        f"The whole model is the file model.keras, SHA-256 {artifacts.model.model_sha256[:16]}…, with "
        "recipe and choices "
        "beside it.",
        "provenance",
    )


def software(artifacts: Artifacts) -> Answer | None:
    """The versions of the packages."""
    versions = artifacts.model.versions
    if "keras" not in versions:
        return None
    return Answer(
        f"{framework(versions)}, Python {versions.get('python', 'not recorded')}, Scanloom "
        f"{versions.get('scanloom', 'not recorded')}.",
        "provenance",
    )


def initialization(artifacts: Artifacts) -> Answer | None:
    """How the weights began."""
    if artifacts.model.seed is None:
        return None
    given = artifacts.config.train.network.get("weights")
    return Answer(
        f"{'From a file of weights' if given else 'At random'}, seed {artifacts.model.seed}.", "learning"
    )


def training(artifacts: Artifacts) -> Answer | None:
    """The settings of the training."""
    model, train = artifacts.model, artifacts.config.train
    if model.epochs_run is None:
        return None
    changes = {name: value for name, value in train.augment if value}
    return Answer(
        f"{model.epochs_run} epochs, batches of {model.batch_size or train.batch_size}, learning rate "
        f"{train.learning_rate:g}, weight decay {train.weight_decay:g}, dropout "
        f"{train.dropout if model.dropout is None else model.dropout:g}; random changes: "
        f"{_settings(changes) or 'none'}.",
        "learning",
    )


def selection(artifacts: Artifacts) -> Answer | None:
    """Which epoch was kept, and by what."""
    model = artifacts.model
    if model.best_epoch is None or not model.monitor:
        return None
    then = "; then fitted anew on training and validation part" if model.refit else ""
    return Answer(
        f"Epoch {model.best_epoch} of {model.epochs_run}, the best of "
        f"{model.monitor.replace('_', ' ')} on the validation "
        f"part{then}.",
        "learning",
    )


def ensemble(artifacts: Artifacts) -> Answer:
    """How many networks answer."""
    networks = len(artifacts.model.members) or 1
    text = (
        f"{networks} networks of other seeds answer as one."
        if networks > 1
        else "No ensemble: one network answers."
    )
    return Answer(text, "learning")


def choices(artifacts: Artifacts) -> Answer | None:
    """What validation fixed of later answers."""
    fixed = artifacts.task.page.fixed_by_validation(artifacts.question)
    return (
        Answer(f"{_capital(fixed)}, on the validation part alone; nothing after the test.", "flow")
        if fixed
        else None
    )


def output(artifacts: Artifacts) -> Answer:
    """What the model gives, with its thresholds."""
    thresholds = [
        f"{each.class_ + ' ' if each.class_ else ''}{each.threshold:.3g} (rule: "
        f"{each.rule or 'not recorded'})"
        for each in artifacts.metrics.thresholds
    ]
    at = f"; thresholds: {', '.join(thresholds)}" if thresholds else ""
    return Answer(f"{_capital(artifacts.task.page.output(artifacts.question))}{at}.", "card")


def imbalance(artifacts: Artifacts) -> Answer | None:
    """How answers of unequal number were weighed, where the task can weigh them."""
    train = artifacts.cohort.parts.get("train")
    has_weights = ("train", "class_weights") in artifacts.task.target.KEYS
    if train is None or not has_weights or len(train.counts) < 2:
        return None
    weighed = artifacts.config.train.class_weights == "balanced"
    counts = ", ".join(f"{name} {shown_value(number)}" for name, number in train.counts.items())
    return Answer(
        f"Training scans: {counts}; {'each answer weighs alike in the loss' if weighed else 'no weights'}.",
        "flow",
    )


def protocol(artifacts: Artifacts) -> Answer | None:
    """The rule that was fixed before the look."""
    looks = [look for look in artifacts.looks if look.get("model") == artifacts.model.model_sha256]
    if not looks:
        return None
    return Answer(
        "Settings and rule were frozen before the look at the test part (rule "
        f"{str(looks[-1].get('rule'))[:12]}…, look in "
        "a chained ledger); no study protocol is recorded.",
        "provenance",
    )


def availability(artifacts: Artifacts) -> Answer | None:
    """The licence of the model with whom to ask for it; a licence alone makes nothing available."""
    report = artifacts.config.report
    if not report.licence or not report.contact:
        return None
    return Answer(f"Licence: {report.licence}; contact: {report.contact}.", "card")


def _settings(values: Mapping[str, Any]) -> str:
    """Settings in words; of one that is only on or off the name says all."""
    named = [(name.replace("_", " "), value) for name, value in values.items()]
    return ", ".join(name if value is True else f"{name} {value:g}" if isinstance(value, float)
                     else f"{name} {value}" for name, value in named)  # fmt: skip


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]
