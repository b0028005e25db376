"""The checks on leakage that a cohort can answer before anything is trained."""

from __future__ import annotations

from base64 import b64encode
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from pipeline.cohort import acquisition, elements, shortcuts
from pipeline.cohort.acquisition import Acquired
from pipeline.cohort.lookalikes import Pair
from pipeline.cohort.marks import Grey, told_by_spots
from pipeline.cohort.near_copies import NEAR_COPIES
from pipeline.cohort.outputs import Row
from pipeline.cohort.shortcuts import Features, Told, Truths
from pipeline.cohort.sources import ONE_PERSON, Scans
from pipeline.contracts.leaks import Check, Leaks, Lookalike
from pipeline.pixel_text import hidden_because
from pipeline.records import ELEMENTS, EXTERNAL, HINT, LIKENESS_SIDE, Attribute, Case

TOLD: Final = 0.95
"""An area from which a field is said to tell the label: next to nothing is left for the image to add."""
GOES_WITH: Final = 0.75
"""An area from which acquisition alone is worth a warning: a choice, as good as many a published model."""
_SINGLE: Final = 0.65  # fields that are named, alone, a choice: what is weaker warns of nothing
_NOTABLE: Final = 0.2  # of Cramer's V: a choice, a weak bond by Cohen's words and one that a network can use
_NAMED, _SHOWN = 12, 60  # fields in a sentence, pairs on a page: choices, more are counted and not listed
_FRAME: Final = 3  # pixels of 32: the outer tenth of the image
_FIELDS: Final = {"folders": "the names of folders", "file_name": "the file name"}
Hints = Mapping[str, Mapping[str, tuple[str, ...]]]
"""The keyed words of each field, of each case."""
NOT_ASKED: Final = "not asked of this kind of question, or of so few patients"


@dataclass(frozen=True)
class Frozen:
    """The frozen cohort as the checks see it: rows, scans, near copies, and the groups that truths fall into.

    `groups` gives the group of each row's truth, None where the task has none that could be told apart;
    `columns` what the table says beside, of each case by column, of where or how it was made. `hints` gives
    the keyed words of some cases; `asked_for` is the name of what is asked for.
    """

    rows: Sequence[Row]
    scans: Scans
    pairs: Sequence[Pair]
    groups: Sequence[str] | None
    accepted: Mapping[str, str]
    reviewed: bool
    pseudonym: Callable[..., str]
    columns: Mapping[str, Mapping[str, str]]
    hints: Callable[[Iterable[str]], Hints]
    asked_for: str


def look_for_leaks(frozen: Frozen) -> Leaks:
    """All checks, and the pairs of near copies with pictures where they may be shown."""
    checks = [_one_person(frozen), _near_copies(frozen)]
    asked = _asked(frozen)
    if asked is None:
        titles = (_LABEL_TOLD, _ACQUISITION, _BORDER)
        checks += [Check(key, title, "not_run", reason=NOT_ASKED) for key, title in titles]
    else:
        checks += [
            _label_told(frozen, asked),
            _acquisition(frozen, asked),
            _border(frozen, asked.truth, asked.cases),
        ]
    checks.append(Check("dates", "Dates of the parts", "not_run", reason=_NO_DATES))
    return Leaks(tuple(checks), tuple(_shown(pair, frozen) for pair in frozen.pairs[:_SHOWN]))


_NO_DATES: Final = "as no day of the calendar is kept of a scan, and parts are not divided by time"
_LABEL_TOLD: Final = ("label_in_header", "The label can't be read from a file's name, folder or header")
_ACQUISITION: Final = ("metadata_only", "Size, scanner and settings alone don't tell the label")
_BORDER: Final = ("burned_in_text", "Neither the outer tenth of the image nor a spot in it tells the label")


def _one_person(frozen: Frozen) -> Check:
    parts = defaultdict(set)
    for row in frozen.rows:
        for identity in frozen.scans.identities.get(row.case_id, (row.person_id,)):
            parts[identity].add(row.part)
    crossing = sum(len(found) > 1 for found in parts.values())
    united = len({row.person_id for row in frozen.rows})
    patients = len({frozen.scans.cases[row.case_id].patient_id for row in frozen.rows})
    reason = f"{patients - united:,} patient IDs were found to be another's, and count as that one"
    if crossing:
        reason = "names, other IDs, studies or orders are in two parts"
    return Check(
        "one_person",
        "Nobody lies in two parts under two IDs",
        "fail" if crossing and not frozen.accepted.get(ONE_PERSON) else "pass",
        crossing,
        0,
        reason if crossing or patients > united else "",
        frozen.accepted.get(ONE_PERSON, ""),
    )


def _near_copies(frozen: Frozen) -> Check:
    part_of = {row.case_id: row.part for row in frozen.rows}
    placed = [(part_of.get(pair.first), part_of.get(pair.second)) for pair in frozen.pairs]
    crossing = sum(None not in parts and len(set(parts)) > 1 for parts in placed)
    override = frozen.accepted.get(NEAR_COPIES, "")
    reason = f"{len(frozen.pairs):,} pairs of near copies were found" if frozen.pairs else ""
    if crossing:
        reason += f", {crossing:,} of them across parts"
    status: Final = "fail" if crossing and not override else "pass"
    title = "No image lies in two parts cut, mirrored or changed otherwise"
    return Check("near_duplicates", title, status, crossing, 0, reason, override)


@dataclass(frozen=True)
class _Asked:
    """The truths that are asked for, and the rows and scans that have them: all, or an even choice."""

    truth: Truths
    rows: Sequence[Row]
    cases: Sequence[Case]
    hints: Sequence[Mapping[str, tuple[str, ...]]]


def _asked(frozen: Frozen) -> _Asked | None:
    """What can be asked; None where classes are none, or too many or too rare to be told apart.

    Nothing is learned from another source, and who is sick there more often would look like a shortcut.
    """
    if frozen.groups is None:
        return None
    drawn = [
        (row, group) for row, group in zip(frozen.rows, frozen.groups, strict=True) if row.part != EXTERNAL
    ]
    if len({group for _, group in drawn}) > len(drawn) // shortcuts.FEWEST_PERSONS:
        return None
    chosen = [drawn[place] for place in shortcuts.chosen(len(drawn)).tolist()]
    rows = [row for row, _ in chosen]
    truth = shortcuts.truths([group for _, group in chosen], [row.person_id for row in rows])
    if not truth.is_enough:
        return None
    hints = frozen.hints([row.case_id for row in rows])
    cases = [frozen.scans.cases[row.case_id] for row in rows]
    return _Asked(truth, rows, cases, [hints.get(row.case_id, {}) for row in rows])


def _label_told(frozen: Frozen, asked: _Asked) -> Check:
    """Each field of a header, and each part of a path, alone."""
    named = {frozen.pseudonym(HINT, name.casefold()) for name in asked.truth.classes}
    areas = {name: told.area for name, told in _alone(_fields(frozen, asked), asked.truth).items()}
    worst = max(areas.values(), default=0.5)
    telling = {name: area for name, area in areas.items() if area > TOLD}
    for field in sorted({field for each in asked.hints for field in each}):
        has = any(not named.isdisjoint(each.get(field, ())) for each in asked.hints)
        if has and areas.get(_in_words(field), 0) > _SINGLE:
            telling[_in_words(field)] = areas[_in_words(field)]
    reason = f"it is told by {_listed(telling)}" if telling else ""
    return Check(*_LABEL_TOLD, "fail" if telling else "pass", round(worst, 4), TOLD, reason)


def _acquisition(frozen: Frozen, asked: _Asked) -> Check:
    truth, acquired = asked.truth, {**acquisition.of_headers(asked.cases), **_of_table(frozen, asked.rows)}
    fields = {name: shortcuts.columns_of(values) for name, values in acquired.items()}
    fields |= acquisition.of_places(asked.hints) | elements.technical(asked.hints)
    fields = {name: columns for name, columns in fields.items() if columns.shape[1]}
    told = shortcuts.told_by(shortcuts.joined(fields), truth) if fields else None
    if told is None:
        return Check(*_ACQUISITION, "pass", 0.5, GOES_WITH, "all scans are alike in them")
    single = {
        name: each.area
        for name, each in _alone(fields, truth).items()
        if each.low > 0.5 and each.area > _SINGLE
    }
    goes = told.area >= GOES_WITH and told.low > 0.5
    reason = f"they rank it with an area of {_range(told)}"
    if single:
        reason += f"; alone do {_listed(single)}"
    if together := _together(acquired, truth):
        reason += f"; it goes together with {_listed(together)} by Cramer's V"
    return Check(
        *_ACQUISITION,
        "fail" if goes else "pass",
        round(told.area, 4),
        GOES_WITH,
        reason,
        low=round(told.low, 4),
        high=round(told.high, 4),
        patients=len(set(truth.person.tolist())),
        cases=len(asked.cases),
    )


def _of_table(frozen: Frozen, rows: Sequence[Row]) -> Acquired:
    """What the table says of how the scans were made, each by its group where a group is made of it."""
    names = frozen.columns.keys() | {name for row in rows for name in row.groups}
    return {
        name: [row.groups.get(name) or frozen.columns.get(name, {}).get(row.case_id) for row in rows]
        for name in sorted(filter(acquisition.is_of_acquisition, names))
    }


def _alone(fields: Mapping[str, Features], truth: Truths) -> dict[str, Told]:
    """How well each field tells the truth alone."""
    told = {name: shortcuts.told_by(columns, truth, trees=1) for name, columns in fields.items()}
    return {name: each for name, each in told.items() if each is not None}


def _together(acquired: Mapping[str, Sequence[Attribute | None]], truth: Truths) -> dict[str, float]:
    """The words of headers that the truth goes together with."""
    values = {
        name: shortcuts.association(values, truth)
        for name, values in acquired.items()
        if any(isinstance(value, str) for value in values)
    }
    return {name: value for name, value in values.items() if value is not None and value > _NOTABLE}


def _border(frozen: Frozen, truth: Truths, cases: Sequence[Case]) -> Check:
    """The frame of the likenesses alone, where text and what a detector leaves stand; then a few spots."""
    pictures = _pictures(frozen, cases)
    frame, spots = shortcuts.told_by(_frames(pictures), truth), told_by_spots(pictures, truth)
    areas = [0.5]
    reasons = []
    if frame is not None:
        areas.append(frame.area)
        reasons.append(f"it ranks the label with an area of {_range(frame)}")
    if spots is not None:
        areas.append(spots.told.area)
        if spots.told.area > TOLD:
            where = f"{100 * spots.down:.0f} % from the top and {100 * spots.right:.0f} % from the left"
            reasons.append(f"a spot at {where}, with three more, ranks it with {_range(spots.told)}")
    status: Final = "fail" if max(areas) > TOLD else "pass"
    return Check(*_BORDER, status, round(max(areas), 4), TOLD, "; ".join(reasons))


def _pictures(frozen: Frozen, cases: Sequence[Case]) -> Grey:
    """The likenesses, `(cases, 64, 64)`; where there is none, black."""
    nothing = bytes(LIKENESS_SIDE**2)
    likenesses = [frozen.scans.likenesses.get(case.case_id) or nothing for case in cases]
    return np.frombuffer(b"".join(likenesses), np.uint8).reshape(-1, LIKENESS_SIDE, LIKENESS_SIDE)


def _frames(pictures: Grey) -> Features:
    side = LIKENESS_SIDE // 2
    frame = np.ones((side, side), dtype=np.bool_)
    frame[_FRAME:-_FRAME, _FRAME:-_FRAME] = False
    greys: Features = pictures.reshape(-1, side, 2, side, 2).mean(axis=(2, 4))[:, frame]
    return greys


def _fields(frozen: Frozen, asked: _Asked) -> dict[str, Features]:
    """What could tell the label: of elements that say the same of all scans as another does, one."""
    said = acquisition.of_headers(asked.cases) | acquisition.of_patients(asked.cases)
    fields = elements.telling(asked.hints, asked.truth)
    fields |= {name: shortcuts.columns_of(values) for name, values in said.items()}
    for field in sorted({field for each in asked.hints for field in each} - {ELEMENTS}):
        fields[_in_words(field)] = shortcuts.columns_of_words([each.get(field, ()) for each in asked.hints])
    return {name: columns for name, columns in fields.items() if not elements.names(name, frozen.asked_for)}


def _shown(pair: Pair, frozen: Frozen) -> Lookalike:
    both = [frozen.scans.cases[name] for name in (pair.first, pair.second)]
    hidden = next((why for case in both if (why := hidden_because(case, reviewed=frozen.reviewed))), "")
    pictures = [b64encode(frozen.scans.likenesses[case.case_id]).decode() for case in both]
    return Lookalike(
        first=pair.first,
        second=pair.second,
        persons=len({case.patient_id for case in both}),
        agreement=pair.agreement,
        changed=pair.changed,
        pictures=() if hidden else tuple(pictures),
        hidden=hidden,
    )


def _in_words(field: str) -> str:
    return _FIELDS.get(field, field)


def _listed(areas: Mapping[str, float]) -> str:
    """The fields that tell most, each with its area."""
    ordered = sorted(areas.items(), key=lambda item: (-item[1], item[0]))
    more = f" and {len(ordered) - _NAMED} more" if len(ordered) > _NAMED else ""
    return ", ".join(f"{name} ({area:.2f})" for name, area in ordered[:_NAMED]) + more


def _range(told: Told) -> str:
    return f"{told.area:.2f} ({told.low:.2f} to {told.high:.2f})"
