"""The model card: what a person must know before using the model, from recorded facts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pipeline.page.artifacts import Artifacts
from pipeline.page.facts import count, recorded
from pipeline.page.headline import headline, headline_name
from pipeline.page.section import Section

KEY, TITLE = "card", "Model card"


def build(artifacts: Artifacts) -> Section:
    """Identity, use, inputs, outputs, training data, result and history."""
    model, report = artifacts.model, artifacts.config.report
    train = artifacts.cohort.parts["train"]
    facts = {
        "model": recorded("model_sha256", model.model_sha256),
        "parameters": recorded("parameters", model.parameters, "parameters"),
        "train_patients": count("train_patients", train.patients, "patients", "train"),
        "train_cases": count("train_cases", train.cases, "cases", "train"),
        "headline": headline(artifacts),
        **artifacts.elsewhere(headline_name(artifacts)),
    }
    words = {
        "title": report.title,
        "intended_use": report.intended_use or "not stated",
        "out_of_scope": report.out_of_scope or "not stated",
        "licence": report.licence or "not stated",
        "contact": report.contact or "not stated",
        "architecture": model.architecture or "not recorded",
        "input_shape": " × ".join(str(size) for size in model.input_shape),
        "spacing": _spacing(model.spacing),
        "recipe": [in_words(step) for step in model.recipe],
        "modalities": list(artifacts.config.ingest.modalities),
        "output": artifacts.task.page.output(artifacts.question),
        "metric": artifacts.short(headline_name(artifacts)),
    }
    return Section(
        KEY, TITLE, facts, {"history": [_promotion(line) for line in artifacts.promotions]}, words=words
    )


def _spacing(spacing: Sequence[float] | None) -> str:
    return " × ".join(f"{size:.3g}" for size in spacing) + " mm" if spacing else "not known"


def in_words(step: Mapping[str, Any]) -> str:
    """A step of the recipe in words: its name and what was set."""
    [(name, parameters)] = step.items()
    settings = ", ".join(f"{key} {_setting(value)}" for key, value in parameters.items())
    return f"{name} ({settings})" if settings else str(name)


def _setting(value: Any) -> str:
    if isinstance(value, list | tuple):
        return " × ".join(_setting(item) for item in value)
    return f"{value:g}" if isinstance(value, float) else str(value)


def _promotion(line: dict[str, Any]) -> dict[str, Any]:
    return {
        key: str(line.get(key) or "")
        for key in ("created", "action", "generation", "approver", "reason", "verdict")
    }
