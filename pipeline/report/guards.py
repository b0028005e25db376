"""Checks against leakage that can be made from the artifacts themselves, and those that were not made."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Literal

from pipeline.contracts.controls import Control
from pipeline.contracts.metrics import Metric
from pipeline.contracts.objects import Json, plain
from pipeline.page.artifacts import Artifacts
from pipeline.records import EXTERNAL

Status = Literal["pass", "fail", "not_run"]
NOT_COUNTED = "as the cohort is of an earlier version (the stage `cohort` makes it anew)"
NOT_ASKED = "as the evaluation is of an earlier version (the stage `evaluate` makes it anew)"


@dataclass(frozen=True)
class Guard:
    """One check: what was found, and why when it failed or was not run.

    `low` and `high` are the ends of the value's interval, `patients` and `cases` what it rests on; `metric`
    is what a control run reached.
    """

    key: str
    title: str
    status: Status
    value: float | None = None
    limit: float | None = None
    reason: str = ""
    override: str = ""
    low: float | None = None
    high: float | None = None
    patients: int | None = None
    cases: int | None = None
    metric: Metric | None = None

    def to_json(self) -> Json:
        """The check as plain JSON values."""
        value: Json = plain(self)
        return value


def guards(artifacts: Artifacts) -> list[Guard]:
    """All checks, those that ran first."""
    by_page = [check(artifacts) for check in (patients_apart, *_CHECKS)]
    made = [*by_page, *_of_cohort(artifacts), *_of_controls(artifacts)]
    ran = [guard for guard in made if guard.status != "not_run"]
    return [*ran, *(guard for guard in made if guard.status == "not_run")]


def not_run(checks: Sequence[Guard]) -> list[str]:
    """The checks that were not run, by the reason that they share."""
    titles: dict[str, list[str]] = {}
    for guard in checks:
        if guard.status == "not_run":
            titles.setdefault(guard.reason, []).append(guard.title)
    return [f"{'; '.join(names)} ({reason})" for reason, names in titles.items()]


def patients_apart(artifacts: Artifacts) -> Guard:
    """The check that can be made of any table with patients and parts."""
    key, title = "patients_apart", "No patient lies in two parts"
    if artifacts.cases["part"].nunique() < 2:
        return Guard(key, title, "not_run", reason="as there is one part alone")
    parts = artifacts.cases.groupby("patient_id")["part"].nunique()
    crossing = int((parts > 1).sum())
    return _judged(key, title, crossing, "patients lie in more than one part" if crossing else "")


def _of_cohort(artifacts: Artifacts) -> list[Guard]:
    """The checks that the stage `cohort` made, or that it didn't make them."""
    if artifacts.leaks is None:
        return [Guard(key, title, "not_run", reason=NOT_COUNTED) for key, title in _BY_COHORT]
    return [Guard(**asdict(check)) for check in artifacts.leaks.checks]


def _of_controls(artifacts: Artifacts) -> list[Guard]:
    """The control runs that were measured, or that there were none."""
    if artifacts.controls is None:
        return [Guard(key, title, "not_run", reason=NOT_ASKED) for key, title in CONTROL_TITLES.items()]
    return [_of_control(control) for control in artifacts.controls.controls]


def _of_control(control: Control) -> Guard:
    return Guard(
        control.key,
        CONTROL_TITLES[control.key],
        control.status,
        control.metric.value if control.metric else None,
        control.chance,
        control.reason,
        metric=control.metric,
    )


def _duplicates(artifacts: Artifacts) -> Guard:
    """The cohort stage keeps one of identical images, or none, and counts what is left on its rows."""
    key, title = "duplicates_apart", "No image lies in two parts under two names"
    crossing = artifacts.cohort.images_across_parts
    if crossing is None:
        return Guard(key, title, "not_run", reason=NOT_COUNTED)
    any_duplicate = any(notice.kind in _OF_DUPLICATES for notice in artifacts.cohort.notices)
    kept = "identical images were found, and at most one of each was kept" if any_duplicate else ""
    return _judged(key, title, crossing, "identical images lie in more than one part" if crossing else kept)


def _thresholds(artifacts: Artifacts) -> Guard:
    wrong = sum(threshold.chosen_on != "validation" for threshold in artifacts.metrics.thresholds)
    reason = "chosen elsewhere" if wrong else ""
    return _judged("choices_on_validation", "Choices were made on the validation part alone", wrong, reason)


def _cohort(artifacts: Artifacts) -> Guard:
    trained, frozen = artifacts.model.cohort_digest, artifacts.cohort.digest
    wrong = int(trained != frozen)
    return _judged(
        "cohort_frozen",
        "The model was trained on this very cohort",
        wrong,
        "the cohort changed since" if wrong else "",
    )


def _predicted(artifacts: Artifacts) -> Guard:
    tested = ("test", EXTERNAL)
    expected = set(artifacts.cases.loc[artifacts.cases["part"].isin(tested), "case_id"])
    predicted = set(artifacts.predictions.loc[artifacts.predictions["part"].isin(tested), "case_id"])
    wrong = len(expected ^ predicted)
    return _judged(
        "all_predicted",
        "Every test case has its row, and no other",
        wrong,
        "cases are missing or foreign" if wrong else "",
    )


def _looks(artifacts: Artifacts) -> Guard:
    """The chain itself is checked whenever the ledger is read; here, whether this model's look is in it."""
    title = "Every look at the test part is in a chained ledger"
    model = artifacts.model.model_sha256
    if any(look.get("model") == model for look in artifacts.looks):
        return Guard("looks_recorded", title, "pass", len(artifacts.looks))
    return Guard(
        "looks_recorded", title, "fail", len(artifacts.looks), reason="no look of this model is recorded"
    )


def _judged(key: str, title: str, wrong: int, reason: str) -> Guard:
    return Guard(key, title, "fail" if wrong else "pass", wrong, 0, reason)


_CHECKS: tuple[Callable[[Artifacts], Guard], ...] = (
    _duplicates,
    _thresholds,
    _cohort,
    _predicted,
    _looks,
)
_OF_DUPLICATES = (
    "patient_conflict",
    "duplicate_label_conflict",
    "duplicates_cross_split",
    "duplicate_pixels",
)
_BY_COHORT = (
    ("one_person", "Nobody lies in two parts under two IDs"),
    ("near_duplicates", "No image lies in two parts cut, mirrored or changed otherwise"),
    ("label_in_header", "The label can't be read from a file's name, folder or header"),
    ("metadata_only", "Size, scanner and settings alone don't tell the label"),
    ("burned_in_text", "Neither the outer tenth of the image nor a spot in it tells the label"),
    ("dates", "Dates of the parts"),
)
CONTROL_TITLES = {
    "permuted_labels": "Training on shuffled labels finds nothing",
    "random_weights": "An untrained network finds nothing",
    "centre_blanked": "Without the middle of the image less is found",
    "border_only": "The border of the image alone finds less",
}
