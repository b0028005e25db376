"""The change as a record in the parts of a predetermined change control plan, from recorded facts alone.

FDA, Marketing Submission Recommendations for a Predetermined Change Control Plan for AI-Enabled Device
Software Functions, final guidance of December 2024: description of modifications, modification protocol (data
management, re-training, performance evaluation, update procedures), impact assessment. A record in that
shape, no claim of compliance.
"""

from __future__ import annotations

from typing import Any

from pipeline.contracts.comparison import Comparison, Plan
from pipeline.page.artifacts import Artifacts
from pipeline.page.facts import Fact, count, recorded, setting
from pipeline.page.section import Section, not_available

KEY, TITLE = "change_control", "The change on record"
_OUTCOMES = ("PASS", "FAIL", "UNKNOWN")


def build(artifacts: Artifacts) -> Section:
    """What changed, how it was made and judged, and what it can do to patients, as far as it is recorded."""
    compared = artifacts.comparison
    if compared is None or not compared.reasons:
        return not_available(KEY, TITLE, "there is no change of a champion to record")
    plan = compared.plan or Plan("")
    facts = {**_of_data(artifacts), **_of_training(artifacts), **_of_evaluation(artifacts, compared)}
    tables: dict[str, list[dict[str, Any]]] = {
        "changes": [
            {"key": change.key, "then": change.then, "now": change.now, "allowed": change.allowed}
            for change in plan.changes
        ],
        "promotions": [_promotion(line) for line in artifacts.promotions[-1:]],
    }
    words = {
        "fixed_with": plan.fixed_with,
        "allowed": list(plan.allowed),
        "unknown": plan.unknown if compared.plan else "the comparison is of an earlier version",
        "outside": list(plan.outside),
        "accepted": artifacts.drift.accepted if artifacts.drift else None,
        "impact": artifacts.config.report.impact,
        "lost": compared.flips.lost if compared.flips else "",
        "failed": [row.sentence for row in compared.reasons if row.outcome == "FAIL"],
    }
    return Section(KEY, TITLE, facts, tables, words=words)


def _of_data(artifacts: Artifacts) -> dict[str, Fact]:
    then, now = artifacts.champion.cohort, artifacts.cohort
    before = then.parts.get("train") if then else None
    train, drift = now.parts.get("train"), artifacts.drift
    return {
        "patients_then": recorded("patients_then", before.patients if before else None),
        "patients_now": recorded("patients_now", train.patients if train else None),
        "cohort": recorded("cohort_digest", now.digest),
        "drift": recorded("drift_level", drift.level or None if drift else None),
    }


def _of_training(artifacts: Artifacts) -> dict[str, Fact]:
    model = artifacts.model
    return {
        "model": recorded("model_sha256", model.model_sha256),
        "recipe": recorded("recipe_id", model.recipe_id),
        "seed": recorded("seed_train", model.seed),
        "epochs": recorded("epochs_run", model.epochs_run),
        "training": recorded("training_digest", model.training),
    }


def _of_evaluation(artifacts: Artifacts, compared: Comparison) -> dict[str, Fact]:
    look, flips = compared.look, compared.flips
    of = {
        f"{role}_{outcome.lower()}": sum(
            (row.role, row.outcome) == (role, outcome) for row in compared.reasons
        )
        for role in ("require", "guard")
        for outcome in _OUTCOMES
    }
    rows = {name: count(name, number, "rows", "test") for name, number in of.items()}
    shown = {"negative": flips.negative, "units": flips.units} if flips else {}
    return rows | {
        "rule": recorded("rule_digest", compared.rule_digest or None),
        "look": recorded("look_number", look.number if look else None, "look"),
        "budget": setting("look_budget", look.budget if look else None, "looks"),
        "alpha": setting("alpha", compared.alpha),
        "moves": count("moves", len(artifacts.promotions), "promotions and rollbacks"),
        **{
            f"flips_{name}": count(f"flips_{name}", number, "patients", "test")
            for name, number in shown.items()
        },
    }


def _promotion(line: dict[str, Any]) -> dict[str, str]:
    return {
        key: str(line.get(key) or "") for key in ("created", "action", "generation", "approver", "reason")
    }
